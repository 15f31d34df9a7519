#' A model's file, and the model itself
#'
#' `model_get()` loads a model into this session, which must be like the one that made it: the language, R's minor
#' version and the versions of the main packages are compared before anything is fetched. The file is checked against
#' its hash before it is read. Loading runs the code of whoever made the model. `model_download()` only keeps the
#' file.
#'
#' @param name The model's name.
#' @param version A version's number, alias or hash; `NULL` for the newest that is ready.
#' @param force Load it into another session, too?
#' @param path A file or a folder; `NULL`: `NAME-VERSION.rds` (or .pkl, .joblib) in the working directory.
#' @return `model_get()`: the model. `model_download()`: the file's path, invisibly. Errors of class
#'   `weles_session_differs`, with every difference in `fields$problems` (`what`, `expected`, `got`),
#'   `weles_model_not_loadable`, `weles_not_found`.
#' @export
#' @examples
#' \dontrun{
#' forest <- model_get("irises", version = "production")
#' model_download("wine", "models")
#' }
model_get <- function(name, version = NULL, force = FALSE) {
  known <- model_document(name, version)
  if (!force) require_match(known)
  file <- tempfile(fileext = ".rds")
  on.exit(unlink(file))
  fetch_model(known, file)
  # An object's methods are in its packages.
  for (package in names(main_packages(known))) requireNamespace(package, quietly = TRUE)
  tryCatch(readRDS(file), error = function(reason) {
    stop(weles_condition(
      "model_not_loadable", "model",
      sprintf("\"%s\", version %s, cannot be loaded here: %s", known$name, known$version, conditionMessage(reason)),
      "Call it with model_predict(); model_info() shows the session that made it."
    ))
  })
}

#' @rdname model_get
#' @export
model_download <- function(name, path = NULL, version = NULL) {
  known <- model_document(name, version)
  endings <- c(pickle = ".pkl", joblib = ".joblib", rds = ".rds")
  file <- sprintf("%s-%s%s", known$name, known$version, text_of(unname(endings[text_of(known$format)])))
  target <- if (is.null(path)) file else if (dir.exists(path)) file.path(path, file) else path
  invisible(fetch_model(known, target))
}

fetch_model <- function(known, target) {
  ask_file(
    model_path(known$name, "file"), "application/octet-stream", target,
    query = list(version = known$version), sha256 = known$sha256
  )
}

require_match <- function(known) {
  found <- session_differences(known)
  if (!length(found)) {
    return(invisible())
  }
  refuse(
    "session_differs",
    sprintf("Version %s of \"%s\" was made in another session; it was not loaded.", known$version, known$name),
    "Call it with model_predict(), which needs none of this; or install these versions; or force = TRUE.",
    problems = found
  )
}

# What this session has not as the one that made the model: list(what, expected, got) each.
session_differences <- function(known) {
  if (!identical(known$language, "r")) {
    return(list(list(what = "language", expected = text_of(known$language), got = "r")))
  }
  packages <- main_packages(known)
  expected <- c(R = minor_of(known$language_version), packages)
  got <- c(R = minor_of(r_version()), vapply(names(packages), installed_version, ""))
  differing <- names(expected)[got == "not installed" | (nzchar(expected) & expected != got)]
  lapply(differing, function(name) list(what = name, expected = expected[[name]], got = got[[name]]))
}

# The versions of the packages that the model is made of; "" for one that comes with R, whose version R's own decides.
main_packages <- function(known) {
  listed <- vapply(known$environment$packages, as.character, "")
  own <- FLAVOUR_PACKAGES[names(FLAVOUR_PACKAGES) == known$flavour]
  with_r <- setdiff(own, names(listed))
  c(listed, stats::setNames(rep("", length(with_r)), with_r))
}

minor_of <- function(version) {
  paste(utils::head(strsplit(version, ".", fixed = TRUE)[[1]], 2), collapse = ".")
}

installed_version <- function(name) {
  if (requireNamespace(name, quietly = TRUE)) utils::packageDescription(name)$Version else "not installed"
}
