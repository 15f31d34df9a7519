#' Users of the lake
#'
#' `user_create()` makes a user; the token in the answer is theirs to connect with, and is shown this
#' once only. `user_login()` gets a token for a user, saves it for later sessions (readable by you
#' only, shared with the Python client), and connects with it.
#'
#' @param name The user's name.
#' @param password The user's password.
#' @param url The lake, where it is not the one in use.
#' @return `user_create()`: a list of `name`, `role` and `token`. `user_login()`: the connection,
#'   invisibly.
#' @export
#' @examples
#' \dontrun{
#' user_login("ann", "her password", url = "http://127.0.0.1:8080")
#' bob <- user_create("bob", "his password")
#' bob$token
#' }
user_create <- function(name, password) {
  answer <- ask_json("POST", "/users", body = json_body(list(name = name, password = password)))
  structure(
    list(name = answer$name, role = text_of(answer$role, "member"), token = text_of(answer$token)),
    class = "weles_user"
  )
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
  weles_connect(here$url, answer$token, here$patience)
}

#' @export
print.weles_user <- function(x, ...) {
  cat("<weles_user> ", x$name, " (", x$role, "); its token is in $token\n", sep = "")
  invisible(x)
}
