#' Your tokens, for programs
#'
#' A token may do so much, for so long: `"read"` (look), `"predict"` (call models), `"write"` (upload, share, change,
#' delete), `"admin"` (your tokens and password; for administrators the users). None includes another.
#'
#' @param label What it is for.
#' @param scopes Of `"read"`, `"predict"`, `"write"`, `"admin"`.
#' @param days How long it is good; `NULL`: until it is revoked.
#' @param id A token's id, as `token_list()` gives it.
#' @return `token_create()`: a list of `id`, `label`, `scopes`, `expires_at` and `token`, the secret, which is never
#'   shown again. `token_list()`: a data.frame of `id`, `label`, `kind`, `created_at`, `expires_at`, `last_used_at`
#'   and `scopes` (a list), the newest first, logins among them. Errors of class `weles_forbidden` for more than the
#'   token in use may do, `weles_invalid_request`, `weles_not_found`.
#' @export
#' @examples
#' \dontrun{
#' nightly <- token_create("nightly", c("read", "predict"), days = 30)
#' weles_connect(token = nightly$token)
#' token_revoke(nightly$id)
#' }
token_create <- function(label, scopes, days = 90) {
  wanted <- list(label = label, scopes = I(as.character(scopes)), days = days)
  made <- ask_json("POST", "/users/me/tokens", body = json_body(wanted))
  made$scopes <- as.character(unlist(made$scopes))
  structure(made, class = "weles_token")
}

#' @rdname token_create
#' @export
token_list <- function() {
  tokens <- ask_json("GET", "/users/me/tokens")$tokens
  frame <- rows_frame(tokens, c("id", "label", "kind", "created_at", "expires_at", "last_used_at"))
  frame$scopes <- I(lapply(tokens, function(token) as.character(unlist(token$scopes))))
  frame
}

#' @rdname token_create
#' @export
token_revoke <- function(id) {
  ask("DELETE", paste0("/users/me/tokens/", segment(id, "id")))
  invisible(id)
}

#' @export
print.weles_token <- function(x, ...) {
  until <- if (is.null(x$expires_at)) "" else paste(" until", x$expires_at)
  cat(sprintf(
    "<weles_token> %s, for %s%s; the secret is in $token\n", x$label, paste(x$scopes, collapse = ", "), until
  ))
  invisible(x)
}
