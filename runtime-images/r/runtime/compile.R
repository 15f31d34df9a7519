# Compiles the runtime where it lies, when an image is made: the first question does not wait for R to do so, and R never
# does by itself for the small functions of an environment like the runtime's.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
for (file in list.files(file.path(here, "weles"), "[.]R$", full.names = TRUE, recursive = TRUE)) {
  compiler::cmpfile(file, paste0(file, "c"))
}
