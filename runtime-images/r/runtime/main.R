# The R runtime of Weles: loads one model, answers for it. Base R is enough for it. The contract is CONTRACT.md.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
# An environment of its own: what a model's packages attach or a model assigns must not stand in the runtime's way.
runtime <- new.env(parent = baseenv())
for (file in list.files(file.path(here, "weles"), "[.]R$", full.names = TRUE, recursive = TRUE)) {
  compiled <- paste0(file, "c")
  if (file.exists(compiled)) compiler::loadcmp(compiled, runtime) else sys.source(file, runtime)
}
runtime$run()
