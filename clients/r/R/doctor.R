#' Environments: check one before an upload, look into one, compare two
#'
#' `environment_check()` asks the lake what would become of an environment; nothing is uploaded or built. The others
#' look at an environment that the lake has, named by its id or by a model's name: then it is that of its newest ready
#' version.
#'
#' @param environment `NULL` for this session's packages; else the path or the text of a renv.lock or a DESCRIPTION,
#'   or a [utils::sessionInfo()], as in [model_upload()].
#' @param language_version The version of R, such as `"4.2.2"`.
#' @param which,other An environment's id (`sha256:...`), or a model's name.
#' @return `environment_check()`: a verdict, to be printed: a list of `ok`, `environment` (its id), `base`, `packages`
#'   (a data.frame of `name`, `version`, `kind` and `bytes`), `libraries` (the same), `compiles`, `package_bytes`,
#'   `download_bytes`, `image`, `repairs`, `problems` (lines that cannot be used), `diagnosis` (why it cannot be
#'   resolved), `shares` and `next`. `environment_info()`: a list of `id`, `state`, `base`, `lock`, `installed`,
#'   `image_id`. `environment_packages()`: a data.frame of `name`, `version`, `kind`, `bytes` and `installed`.
#'   `environment_dockerfile()`: the text that its image is built from. `environment_diff()`: a list of `added`,
#'   `removed` and `changed` (data.frames), `same` and `interpreter`. `environment_runtimes()`: a data.frame of the
#'   `language` and `version` of what the lake can build on. Errors of class `weles_not_found`,
#'   `weles_invalid_environment` for a file that is not there, `weles_environment_not_ready`.
#' @export
#' @examples
#' \dontrun{
#' environment_check()
#' environment_check("renv.lock", "4.2.2")$problems
#' environment_diff("irises", "wine")$changed
#' }
environment_check <- function(environment = NULL, language_version = r_version()) {
  named <- is_text(environment) && !grepl("\n", environment)
  question <- list(
    requirements = requirements_text(environment), filename = if (named) basename(environment) else "",
    language = "r", language_version = language_version
  )
  told <- ask_json("POST", "/environments/resolve", body = json_body(question), repeatable = TRUE)
  told["packages"] <- list(records_frame(told$packages, PACKAGE_KEYS))
  told["libraries"] <- list(records_frame(told$libraries, PACKAGE_KEYS))
  told$compiles <- as.character(unlist(told$compiles))
  told$repairs <- rows_frame(told$repairs, c("line", "text", "action", "reason"))
  told$problems <- rows_frame(told$problems, c("line", "text", "reason"))
  structure(told, class = "weles_verdict")
}

#' @rdname environment_check
#' @export
environment_info <- function(which) {
  ask_json("GET", environment_path(which))
}

#' @rdname environment_check
#' @export
environment_packages <- function(which) {
  records_frame(ask_json("GET", environment_path(which, "/packages"))$packages, c(PACKAGE_KEYS, "installed"))
}

#' @rdname environment_check
#' @export
environment_dockerfile <- function(which) {
  ask_text(environment_path(which, "/dockerfile"))
}

#' @rdname environment_check
#' @export
environment_diff <- function(which, other) {
  told <- ask_json("GET", environment_path(which, "/diff"), query = list(other = environment_id(other)))
  told$added <- rows_frame(told$added, c("name", "version"))
  told$removed <- rows_frame(told$removed, c("name", "version"))
  told$changed <- rows_frame(told$changed, c("name", "from", "to"))
  told
}

#' @rdname environment_check
#' @export
environment_runtimes <- function() {
  rows_frame(ask_json("GET", "/runtimes")$runtimes, c("language", "version"))
}

PACKAGE_KEYS <- c("name", "version", "kind", "bytes")

environment_path <- function(which, further = "") {
  paste0("/environments/", segment(environment_id(which)), further)
}

environment_id <- function(which) {
  if (is_text(which) && startsWith(which, "sha256:")) {
    return(which)
  }
  id <- model_document(which)$environment$id
  if (is.null(id)) {
    stop(weles_condition(
      "environment_not_ready", "lake", sprintf("The environment of \"%s\" is not resolved yet.", which),
      "Wait for it: model_status()."
    ))
  }
  id
}

#' @export
print.weles_verdict <- function(x, ...) {
  told <- c(
    sprintf("repair: %s: %s; %s", x$repairs$text, x$repairs$action, x$repairs$reason), text_of(x$note),
    if (x$ok) what_becomes(x) else why_not(x)
  )
  cat(paste0(told[nzchar(told)], "\n"), sep = "")
  invisible(x)
}

what_becomes <- function(x) {
  c(
    sprintf(
      "It can be built on %s %s: %d packages, %s, %s to download.", x$base$language, x$base$version, nrow(x$packages),
      megabytes(x$package_bytes), megabytes(x$download_bytes)
    ),
    if (length(x$compiles)) sprintf("To be compiled: %s.", paste(x$compiles, collapse = ", ")),
    if (isTRUE(x$image$exists)) {
      "Its image is there already."
    } else if (!is.null(x$shares)) {
      sprintf(
        "It shares %d packages (%s) with %s.", x$shares$packages, megabytes(x$shares$bytes),
        text_of(x$shares$environment, "one of the lake")
      )
    }
  )
}

why_not <- function(x) {
  lines <- ifelse(x$problems$line %in% c("", "0"), "", sprintf("line %s: %s: ", x$problems$line, x$problems$text))
  c(
    paste0(lines, x$problems$reason), text_of(x$diagnosis$summary),
    trimws(paste("It cannot be built.", text_of(x[["next"]])))
  )
}

megabytes <- function(bytes) {
  sprintf("%.1f MB", bytes / 1e6)
}
