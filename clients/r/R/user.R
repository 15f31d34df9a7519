#' Users of the lake
#'
#' `user_login()` gets a token for a user, saves it for later sessions (readable by you only, shared with the Python
#' client), and connects with it. `user_me()` is who the lake takes you for; `user_change_password()` gives you a new
#' password, and ends your logins elsewhere. The others are for administrators: a user is made (its token is in the
#' answer, this once only), disabled (its password and tokens are good for nothing), enabled again, or deleted when
#' nothing in the lake belongs to it.
#'
#' @param name The user's name.
#' @param password The user's password.
#' @param role `"member"` or `"admin"`.
#' @param url The lake, where it is not the one in use.
#' @param old,new Your password until now, and from now on.
#' @return `user_list()`: a data.frame of `name`, `role` and `disabled_at`. `user_login()`: the connection, invisibly.
#'   `user_change_password()`, `user_delete()`: nothing. The others: a list of `name`, `role`, `disabled_at`, and
#'   `token` for one that was made just now. Errors of class `weles_unauthenticated`, `weles_forbidden`,
#'   `weles_exists`, `weles_in_use`, `weles_not_found`, `weles_too_many_attempts`.
#' @export
#' @examples
#' \dontrun{
#' user_login("ann", "her password", url = "http://127.0.0.1:8080")
#' bob <- user_create("bob", "his password")
#' bob$token
#' }
user_create <- function(name, password, role = c("member", "admin")) {
  wanted <- list(name = name, password = password, role = match.arg(role))
  as_user(ask_json("POST", "/users", body = json_body(wanted)))
}

#' @rdname user_create
#' @export
user_login <- function(name, password, url = NULL) {
  before <- session$connection
  on.exit(session$connection <- before)
  here <- if (is.null(url)) connection() else weles_connect(url)
  answer <- ask_json("POST", "/tokens", body = json_body(list(name = name, password = password)))
  save_login(here$url, answer$token)
  on.exit()
  weles_connect(here$url, answer$token, here$patience, here$progress)
}

#' @rdname user_create
#' @export
user_me <- function() {
  as_user(ask_json("GET", "/users/me"))
}

#' @rdname user_create
#' @export
user_change_password <- function(old, new) {
  ask("PUT", "/users/me/password", body = json_body(list(old = old, new = new)))
  invisible()
}

#' @rdname user_create
#' @export
user_list <- function() {
  rows_frame(ask_json("GET", "/users")$users, c("name", "role", "disabled_at"))
}

#' @rdname user_create
#' @export
user_get <- function(name) {
  as_user(ask_json("GET", user_path(name)))
}

#' @rdname user_create
#' @export
user_disable <- function(name) {
  as_user(ask_json("PATCH", user_path(name), body = json_body(list(disabled = TRUE))))
}

#' @rdname user_create
#' @export
user_enable <- function(name) {
  as_user(ask_json("PATCH", user_path(name), body = json_body(list(disabled = FALSE))))
}

#' @rdname user_create
#' @export
user_delete <- function(name) {
  ask("DELETE", user_path(name))
  invisible()
}

#' @export
print.weles_user <- function(x, ...) {
  said <- c(if (nzchar(x$disabled_at)) "; disabled", if (nzchar(x$token)) "; its token is in $token")
  cat("<weles_user> ", x$name, " (", x$role, ")", said, "\n", sep = "")
  invisible(x)
}

user_path <- function(name) {
  paste0("/users/", segment(name))
}

as_user <- function(answer) {
  structure(
    list(
      name = answer$name, role = text_of(answer$role, "member"), disabled_at = text_of(answer$disabled_at),
      token = text_of(answer$token)
    ),
    class = "weles_user"
  )
}
