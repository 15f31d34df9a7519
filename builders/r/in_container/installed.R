# What the library really has, and whether it can be loaded: a line "weles-installed:<tab>name<tab>version" for each.
# Exit code 1 when a package cannot be loaded; standard error then names it.
library <- "/opt/weles/library"
installed <- utils::installed.packages(lib.loc = library)
broken <- character()
for (name in rownames(installed)) {
    said <- tryCatch({
        suppressWarnings(suppressMessages(loadNamespace(name, lib.loc = c(library, .Library))))
        NULL
    }, error = conditionMessage)
    if (!is.null(said)) broken <- c(broken, paste0("cannot load `", name, "`: ", gsub("\n", " ", said)))
}
# Last, with a mark: packages may print when they are loaded.
cat(sprintf("\nweles-installed:\t%s\t%s", rownames(installed), installed[, "Version"]), sep = "")
cat("\n")
if (length(broken)) {
    writeLines(broken, stderr())
    quit("no", status = 1L)
}
