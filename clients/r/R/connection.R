CONNECT_SECONDS <- 10
ANSWER_SECONDS <- 900
COMPILERS_SECONDS <- 900
ATTEMPTS <- 4
FIRST_PAUSE <- 0.2

session <- new.env(parent = emptyenv())

#' Name the lake that this session talks to
#'
#' Nothing is sent yet. What is not given is taken from the environment variables `WELES_URL`,
#' `WELES_TOKEN` or `WELES_TOKEN_FILE` (a file that holds the token), then from the login that
#' [user_login()] saved. Without a call of `weles_connect()`, the first request connects so.
#'
#' @param url The lake's address, such as `"http://127.0.0.1:8080"`.
#' @param token What shows the lake who you are.
#' @param patience Seconds to wait, in all, for a lake that says "later", before giving up.
#' @param progress What is shown of a job that one waits for: `"log"` (its phases, and its log as it grows), `"phases"`
#'   or `"none"`. By default what the environment variable `WELES_PROGRESS` says, else the log where the terminal can
#'   redraw a bar below it, and the phases elsewhere.
#' @return The connection, invisibly. An error of class `weles_not_connected` when no lake is named
#'   anywhere.
#' @export
#' @examples
#' weles_connect("http://127.0.0.1:8080", token = "...")
weles_connect <- function(url = NULL, token = NULL, patience = 60, progress = NULL) {
  login <- choose_login(url, token)
  session$connection <- structure(
    list(url = login$url, token = login$token, patience = patience, progress = choose_progress(progress)),
    class = "weles_connection"
  )
  invisible(session$connection)
}

#' @export
print.weles_connection <- function(x, ...) {
  cat("<weles_connection> ", x$url, if (is.null(x$token)) " (no token)", "\n", sep = "")
  invisible(x)
}

connection <- function() {
  if (is.null(session$connection)) weles_connect()
  session$connection
}

# One segment of a path.
segment <- function(name, what = "name") {
  if (!is.character(name) || length(name) != 1 || is.na(name) || !nzchar(name)) {
    refuse("invalid_request", sprintf("The %s is not one text.", what), sprintf("Give the %s as one text.", what))
  }
  utils::URLencode(enc2utf8(name), reserved = TRUE, repeated = TRUE)
}

# A path under a model, or a dataset: each further part is one segment.
model_path <- function(name, ...) {
  paste0("/models/", segment(name), further(...))
}

dataset_path <- function(hash, ...) {
  paste0("/datasets/", segment(hash, "hash"), further(...))
}

further <- function(...) {
  paste(sprintf("/%s", vapply(list(...), segment, "")), collapse = "")
}

# Send one request under /api/v1; the answer, a success. `body`: a function that adds a body to a request.
# `repeatable`: sending it twice does no harm; then a broken connection is tried again. A 429 or 503 with Retry-After
# is always tried again, within the connection's patience (httr2's own retries know no such difference), or for a
# quarter of an hour while the lake makes what it compiles with. What it says of it is shown, and again when it changes.
# `into`: a file for the answer's body; else it is in memory.
ask <- function(method, path, query = list(), body = identity, accept = "application/json",
                repeatable = method == "GET", into = NULL) {
  here <- connection()
  request <- body(new_request(here, method, path, query, accept))
  began <- now_seconds()
  broken <- 0
  told <- ""
  repeat {
    response <- tryCatch(httr2::req_perform(request, path = into), error = identity)
    if (inherits(response, "error")) {
      broken <- broken + 1
      if (!repeatable || broken >= ATTEMPTS) stop(unreachable(here, response))
      Sys.sleep(FIRST_PAUSE * 2^(broken - 1))
      next
    }
    if (httr2::resp_status(response) %/% 100 == 2) {
      return(response)
    }
    pause <- retry_after(response)
    error <- refused(response)
    patience <- if (inherits(error, "weles_runtime_not_ready")) max(here$patience, COMPILERS_SECONDS) else here$patience
    if (is.null(pause) || now_seconds() + pause > began + patience) stop(error)
    if (!identical(error$detail, told)) {
      long <- if (nzchar(told)) "" else " Asking again for up to {patience} seconds."
      cli::cli_inform(c(i = paste0("{error$detail}", long)))
      told <- error$detail
    }
    Sys.sleep(pause)
  }
}

# The same, the answer as the JSON object that it is.
ask_json <- function(...) {
  response <- ask(...)
  document <- tryCatch(parse_json(httr2::resp_body_string(response, "UTF-8")), error = function(...) NULL)
  if (!is.list(document) || is.null(names(document))) stop(strange(response))
  document
}

# The answer as text.
ask_text <- function(path, accept = "text/plain", query = list()) {
  text_in(ask("GET", path, query = query, accept = accept))
}

text_in <- function(response) {
  if (httr2::resp_has_body(response)) httr2::resp_body_string(response, "UTF-8") else ""
}

# The answer as a file, whole or not at all. `sha256`: what its content has to be.
ask_file <- function(path, accept, target, query = list(), sha256 = NULL) {
  if (!dir.exists(dirname(target))) refuse_target(target)
  beside <- tempfile(paste0(".", basename(target), "."), dirname(target))
  on.exit(unlink(beside))
  shown <- function(request) if (cli::is_dynamic_tty()) httr2::req_progress(request) else request
  response <- ask("GET", path, query = query, body = shown, accept = accept, into = beside)
  if (!is.null(sha256) && paste0("sha256:", cli::hash_file_sha256(beside)) != sha256) {
    stop(weles_condition(
      "unexpected_answer", "lake",
      sprintf("%s is not what was uploaded: its hash is another.", httr2::resp_url(response)),
      "Check any proxy before the lake; tell the operator."
    ))
  }
  if (!file.rename(beside, target)) refuse_target(target)
  invisible(target)
}

refuse_target <- function(target) {
  refuse("invalid_request", sprintf("%s cannot be written.", target), "Name a file in a folder that you may write to.")
}

json_body <- function(document) {
  text <- as.character(jsonlite::toJSON(document, auto_unbox = TRUE, null = "null", digits = NA))
  function(request) httr2::req_body_raw(request, charToRaw(enc2utf8(text)), "application/json")
}

file_body <- function(path, type) {
  function(request) httr2::req_body_file(request, path, type)
}

# Parts are files, so that none is in memory as a whole; `...`: parts made by curl::form_file().
form_body <- function(parts) {
  function(request) {
    bytes <- sum(vapply(parts, function(part) file.size(part$path), 0))
    request <- httr2::req_body_multipart(request, !!!parts)
    if (bytes > 8e6 && cli::is_dynamic_tty()) httr2::req_progress(request, "up") else request
  }
}

new_request <- function(here, method, path, query, accept) {
  request <- httr2::request(paste0(here$url, "/api/v1", path))
  request <- httr2::req_method(request, method)
  request <- httr2::req_url_query(request, !!!query)
  request <- httr2::req_headers(request, Accept = accept)
  if (!is.null(here$token)) request <- httr2::req_auth_bearer_token(request, here$token)
  request <- httr2::req_user_agent(request, paste0("weles-r/", utils::packageVersion("weles")))
  request <- httr2::req_timeout(request, ANSWER_SECONDS)
  # The token is for this address alone: a redirect is not followed.
  request <- httr2::req_options(request, connecttimeout = CONNECT_SECONDS, followlocation = FALSE)
  httr2::req_error(request, is_error = function(response) FALSE)
}

refused <- function(response) {
  status <- httr2::resp_status(response)
  document <- tryCatch(parse_json(httr2::resp_body_string(response, "UTF-8")), error = function(...) NULL)
  if (is.list(document) && any(c("detail", "title", "type") %in% names(document))) {
    return(from_problem(document, status))
  }
  if (status == 401) {
    return(weles_condition("unauthenticated", "caller", "The lake does not know you.", "Call user_login()."))
  }
  strange(response)
}

strange <- function(response) {
  status <- httr2::resp_status(response)
  moved <- if (status %/% 100 == 3) httr2::resp_header(response, "Location")
  type <- text_of(httr2::resp_header(response, "Content-Type"), "no content type")
  weles_condition(
    "unexpected_answer", "lake",
    sprintf("%s answered with status %d (%s), not as a lake does.", httr2::resp_url(response), status, type),
    if (is.null(moved)) "Check the address and any proxy before it." else sprintf("Connect to %s instead.", moved)
  )
}

unreachable <- function(here, reason) {
  inner <- if (is.null(reason$parent)) reason else reason$parent
  weles_condition(
    "lake_unreachable", "lake",
    sprintf("The lake at %s does not answer: %s", here$url, conditionMessage(inner)),
    "Check the address, that the lake is running, and your proxy settings."
  )
}

retry_after <- function(response) {
  if (!httr2::resp_status(response) %in% c(429, 503)) {
    return(NULL)
  }
  seconds <- suppressWarnings(as.numeric(text_of(httr2::resp_header(response, "Retry-After"))))
  if (is.na(seconds)) NULL else max(seconds, 0)
}

now_seconds <- function() {
  as.numeric(Sys.time())
}
