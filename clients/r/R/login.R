# Which lake, and as whom: arguments, then WELES_URL / WELES_TOKEN / WELES_TOKEN_FILE, then the login that was saved,
# by this package or by the Python client: both keep it in the same file.

login_path <- function() {
  home <- Sys.getenv("XDG_CONFIG_HOME")
  if (!nzchar(home)) home <- file.path(path.expand("~"), ".config")
  file.path(home, "weles", "login.json")
}

normal_url <- function(url) {
  plain <- sub("/+$", "", trimws(url))
  if (length(url) != 1 || !grepl("^https?://[^/@?#[:space:]]+(/[^@?#[:space:]]*)?$", plain)) {
    refuse(
      "invalid_request", sprintf("\"%s\" is not the address of a lake.", paste(url, collapse = " ")),
      "Give it as http://HOST:PORT or https://HOST, no password."
    )
  }
  sub("/api/v1$", "", plain)
}

save_login <- function(url, token) {
  target <- login_path()
  dir.create(dirname(target), mode = "0700", recursive = TRUE, showWarnings = FALSE)
  before <- Sys.umask("077")
  on.exit(Sys.umask(before))
  temporary <- tempfile(".login-", dirname(target))
  on.exit(unlink(temporary), add = TRUE)
  writeLines(jsonlite::toJSON(list(url = url, token = token), auto_unbox = TRUE, null = "null"), temporary)
  if (!file.rename(temporary, target)) {
    refuse("invalid_request", paste("The login cannot be kept in", target), "Check who may write there.")
  }
  invisible(target)
}

load_login <- function() {
  file <- login_path()
  if (!file.exists(file)) {
    return(NULL)
  }
  tryCatch(
    {
      document <- jsonlite::read_json(file)
      list(url = normal_url(document$url), token = document$token)
    },
    error = function(reason) {
      refuse(
        "invalid_request", sprintf("The saved login %s cannot be used: %s", file, conditionMessage(reason)),
        "Call user_login() again."
      )
    }
  )
}

# A saved token goes only to the lake that it was saved for.
choose_login <- function(url, token) {
  saved <- if (is.null(url) || is.null(token)) load_login()
  named <- first_text(url, Sys.getenv("WELES_URL"), saved$url)
  if (is.null(named)) {
    refuse(
      "not_connected", "No lake is named.",
      "Call weles_connect(\"http://HOST:PORT\", token = \"...\"), set WELES_URL, or call user_login()."
    )
  }
  chosen <- normal_url(named)
  kept <- if (identical(saved$url, chosen)) saved$token
  list(url = chosen, token = first_text(token, Sys.getenv("WELES_TOKEN"), token_of_file(), kept))
}

token_of_file <- function() {
  named <- Sys.getenv("WELES_TOKEN_FILE")
  if (!nzchar(named)) {
    return(NULL)
  }
  if (!file.exists(named) || dir.exists(named)) {
    refuse(
      "invalid_request", sprintf("WELES_TOKEN_FILE cannot be read: there is no file %s", named),
      "Point it at a file that holds the token, or unset it."
    )
  }
  trimws(paste(readLines(named, warn = FALSE), collapse = ""))
}

first_text <- function(...) {
  for (each in list(...)) {
    if (!is.null(each) && nzchar(each)) {
      return(each)
    }
  }
  NULL
}
