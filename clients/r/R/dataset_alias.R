#' Names of a dataset
#'
#' Each name, with its description, is somebody's; a dataset may have many. One without any goes after a while, unless a
#' model was made with it.
#'
#' @param hash The dataset's hash.
#' @param name The name.
#' @param description What people shall read of it.
#' @param new_name What it shall be called instead.
#' @param owner Whose name it is, for administrators; `NULL` for yours.
#' @return What [dataset_info()] says now; `dataset_remove_alias()`: nothing. Errors of class `weles_not_found`,
#'   `weles_exists`.
#' @export
#' @examples
#' \dontrun{
#' dataset_add_alias(stored$hash, "my irises", "the same, as I use them")
#' dataset_edit_alias(stored$hash, "my irises", new_name = "irises")
#' }
dataset_add_alias <- function(hash, name, description = "") {
  body <- json_body(list(name = name, description = description))
  invisible(as_dataset_info(ask_json("POST", dataset_path(hash, "aliases"), body = body)))
}

#' @rdname dataset_add_alias
#' @export
dataset_edit_alias <- function(hash, name, new_name = NULL, description = NULL, owner = NULL) {
  wanted <- list()
  wanted$name <- new_name
  wanted$description <- description
  path <- dataset_path(hash, "aliases", name)
  invisible(as_dataset_info(ask_json("PATCH", path, query = list(owner = owner), body = json_body(wanted))))
}

#' @rdname dataset_add_alias
#' @export
dataset_remove_alias <- function(hash, name, owner = NULL) {
  ask("DELETE", dataset_path(hash, "aliases", name), query = list(owner = owner))
  invisible()
}
