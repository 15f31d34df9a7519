#' Whom a model or a dataset is for
#'
#' What is uploaded is its owner's alone until it is shared with users, or made public: for every user of the lake.
#' Sharing a model does not share its data. A dataset is shared under the names that you gave it.
#'
#' @param name The model's name.
#' @param hash The dataset's hash.
#' @param users Names of users. `model_unshare()` and `dataset_unshare()` take it back from everyone when none are
#'   named.
#' @param public Make it every user's?
#' @param alias Under which of your names for the dataset; `NULL` for all of them.
#' @return Of a model: a list of `visibility` (`"private"`, `"shared"`, `"public"`) and `users`. Of a dataset: a
#'   data.frame of `name`, `visibility` and `users` (a list), a row for each name that you gave it. Errors of class
#'   `weles_not_found`, `weles_forbidden` for what is another's, `weles_invalid_request` for users that do not exist.
#' @export
#' @examples
#' \dontrun{
#' model_share("wine", c("bob", "eve"))
#' model_share("wine", public = TRUE)
#' model_unshare("wine")
#' }
model_access <- function(name) {
  as_access(ask_json("GET", model_path(name, "access")))
}

#' @rdname model_access
#' @export
model_share <- function(name, users = character(), public = FALSE) {
  set_model_access(name, shared_with(model_access(name), users, public))
}

#' @rdname model_access
#' @export
model_unshare <- function(name, users = character()) {
  set_model_access(name, taken_from(model_access(name), users))
}

#' @rdname model_access
#' @export
dataset_access <- function(hash) {
  mine <- user_me()$name
  listed <- ask_json("GET", dataset_path(hash, "access"))$aliases
  access_frame(Filter(function(each) each$owner == mine, listed))
}

#' @rdname model_access
#' @export
dataset_share <- function(hash, users = character(), public = FALSE, alias = NULL) {
  change_dataset_access(hash, alias, function(now) shared_with(now, users, public))
}

#' @rdname model_access
#' @export
dataset_unshare <- function(hash, users = character(), alias = NULL) {
  change_dataset_access(hash, alias, function(now) taken_from(now, users))
}

as_access <- function(answer) {
  list(visibility = answer$visibility, users = as.character(unlist(answer$users)))
}

access_frame <- function(aliases) {
  frame <- rows_frame(aliases, c("name", "visibility"))
  frame$users <- I(lapply(aliases, function(each) as.character(unlist(each$users))))
  frame
}

shared_with <- function(now, users, public) {
  if (isTRUE(public) == (length(users) > 0)) {
    refuse("invalid_request", "Say with whom: users, or everyone.", "Name users, or set public = TRUE.")
  }
  if (public) list(visibility = "public") else list(visibility = "shared", users = union(now$users, users))
}

taken_from <- function(now, users) {
  left <- if (length(users)) setdiff(now$users, users)
  if (length(left)) list(visibility = "shared", users = left) else list(visibility = "private")
}

access_body <- function(wanted) {
  json_body(list(visibility = wanted$visibility, users = I(as.character(wanted$users))))
}

set_model_access <- function(name, wanted) {
  invisible(as_access(ask_json("PUT", model_path(name, "access"), body = access_body(wanted))))
}

change_dataset_access <- function(hash, alias, change) {
  known <- dataset_access(hash)
  for (name in if (is.null(alias)) known$name else alias) {
    now <- list(users = unlist(known$users[known$name == name]))
    ask_json("PUT", dataset_path(hash, "access"), query = list(alias = name), body = access_body(change(now)))
  }
  invisible(dataset_access(hash))
}
