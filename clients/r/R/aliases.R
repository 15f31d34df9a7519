#' Movable names of a model's versions
#'
#' An alias, such as `"production"`, names a version that is ready; wherever a `version` is asked for, its name will do.
#' `"latest"` is the lake's own: the newest version that is ready.
#'
#' @param name The model's name.
#' @param alias The alias.
#' @param version The version that it shall name: a number, another alias, or a version's hash.
#' @param expected The number of the version where it must be now, or nothing moves; 0: nowhere.
#' @return `model_aliases()`: a named vector of numbers. `model_set_alias()`: the version's number.
#'   `model_alias_history()`: a data.frame of `version_before`, `version_after`, `moved_by` and `moved_at`, oldest
#'   first. Errors of class `weles_alias_moved` when it is not where it was expected, `weles_not_found`,
#'   `weles_environment_not_ready`.
#' @export
#' @examples
#' \dontrun{
#' model_set_alias("wine", "production", 2)
#' model_predict("wine", "wines.csv", version = "production")
#' }
model_aliases <- function(name) {
  listed <- ask_json("GET", model_path(name, "aliases"))$aliases
  versions <- vapply(listed, function(each) as.integer(each$version), 0L)
  names(versions) <- vapply(listed, `[[`, "", "name")
  versions
}

#' @rdname model_aliases
#' @export
model_set_alias <- function(name, alias, version, expected = NULL) {
  wanted <- list(version = as.character(version))
  wanted$expected <- expected
  invisible(ask_json("PUT", model_path(name, "aliases", alias), body = json_body(wanted))$version)
}

#' @rdname model_aliases
#' @export
model_remove_alias <- function(name, alias, expected = NULL) {
  ask("DELETE", model_path(name, "aliases", alias), query = list(expected = expected))
  invisible()
}

#' @rdname model_aliases
#' @export
model_alias_history <- function(name, alias) {
  moves <- ask_json("GET", model_path(name, "aliases", alias))$history
  records_frame(moves, c("version_before", "version_after", "moved_by", "moved_at"))
}
