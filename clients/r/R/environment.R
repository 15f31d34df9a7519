# The packages that are loaded in this session, with where each came from.

#' What the lake is told of this session's packages
#'
#' One line for each loaded namespace: name, version and where it was installed from (`cran`,
#' `bioconductor`, `base`, `recommended`, `github:owner/repository@commit`, `local` or `unknown`).
#' What is loaded only because this package needs it is left out. `model_upload()` sends it, so that
#' the lake can make the same environment; packages that neither CRAN nor Bioconductor has are
#' refused there, by name.
#'
#' @return The text, of one string.
#' @export
#' @examples
#' cat(session_requirements())
session_requirements <- function() {
  names <- model_namespaces(loadedNamespaces(), sub("^package:", "", grep("^package:", search(), value = TRUE)))
  lines <- vapply(names, function(name) {
    description <- utils::packageDescription(name)
    sprintf("%s==%s  %s", name, description$Version, source_of(description))
  }, "")
  paste0(paste(c("# weles-r 1", lines), collapse = "\n"), "\n")
}

# The loaded namespaces but for those that only this package has brought in.
model_namespaces <- function(loaded, attached) {
  ours <- closure("weles", loaded)
  roots <- union(setdiff(loaded, ours), setdiff(attached, "weles"))
  sort(setdiff(closure(roots, loaded), "weles"), method = "radix")
}

closure <- function(names, loaded) {
  found <- character()
  while (length(names)) {
    found <- union(found, names)
    names <- setdiff(intersect(unlist(lapply(names, imports_of)), loaded), found)
  }
  intersect(found, loaded)
}

imports_of <- function(name) {
  fields <- unlist(utils::packageDescription(name, fields = c("Depends", "Imports")))
  listed <- unlist(strsplit(as.character(fields[!is.na(fields)]), ","))
  setdiff(sub("[[:space:](].*$", "", trimws(as.character(listed))), "R")
}

# Where a package came from, by its installed DESCRIPTION.
source_of <- function(description) {
  priority <- text_of(description$Priority)
  if (priority %in% c("base", "recommended")) {
    return(priority)
  }
  remote <- text_of(description$RemoteType)
  if (remote == "github") {
    return(sprintf("github:%s/%s@%s", description$RemoteUsername, description$RemoteRepo, description$RemoteSha))
  }
  # "standard" and "bioc" are what the tools that write RemoteType call repositories.
  if (!remote %in% c("", "standard", "cran", "bioc", "bioconductor")) {
    return(if (remote == "local") "local" else "unknown")
  }
  repository <- text_of(description$Repository)
  if (!is.null(description$biocViews) || grepl("bioc", repository, ignore.case = TRUE)) {
    return("bioconductor")
  }
  # RSPM: Posit's mirror of CRAN.
  if (repository %in% c("CRAN", "RSPM") || remote == "cran") {
    return("cran")
  }
  if (nzchar(repository)) "unknown" else "local"
}

# The text that is sent: this session's, or that of a renv.lock, a DESCRIPTION, or a saved sessionInfo().
requirements_text <- function(environment) {
  if (is.null(environment)) {
    return(session_requirements())
  }
  if (inherits(environment, "sessionInfo")) {
    return(paste0(paste(utils::capture.output(print(environment)), collapse = "\n"), "\n"))
  }
  if (is_text(environment) && grepl("\n", environment)) {
    return(environment)
  }
  if (!is_text(environment) || !file.exists(environment) || dir.exists(environment)) {
    refuse(
      "invalid_environment", sprintf("There are no requirements in %s.", paste(format(environment), collapse = " ")),
      "Give the path or the text of a renv.lock, or nothing for this session's packages."
    )
  }
  paste0(paste(readLines(environment, warn = FALSE, encoding = "UTF-8"), collapse = "\n"), "\n")
}

r_version <- function() {
  paste(R.version$major, R.version$minor, sep = ".")
}

# What may matter when a model answers otherwise elsewhere.
system_facts <- function() {
  list(
    platform = R.version$platform, machine = unname(Sys.info()["machine"]), os = utils::sessionInfo()$running,
    locale = Sys.getlocale("LC_COLLATE"), blas = unname(extSoftVersion()["BLAS"]), lapack = La_version()
  )
}
