# A fake lake of this test: what it answers, and what it was asked.

fake_lake <- function(..., env = parent.frame()) {
  testthat::skip_on_cran()
  folder <- tempfile("lake-")
  dir.create(folder)
  lake <- structure(list(folder = folder), class = "fake_lake")
  lake_answers(lake, ...)
  system2(
    file.path(R.home("bin"), "Rscript"), c("--vanilla", testthat::test_path("fake_lake_server.R"), folder),
    wait = FALSE, stdout = FALSE
  )
  withr::defer(unlink(folder, recursive = TRUE), envir = env)
  deadline <- Sys.time() + 20
  while (!file.exists(file.path(folder, "port"))) {
    if (Sys.time() > deadline) stop("the fake lake did not start")
    Sys.sleep(0.02)
  }
  lake$url <- paste0("http://127.0.0.1:", readLines(file.path(folder, "port")))
  withr::local_envvar(
    XDG_CONFIG_HOME = folder, WELES_URL = NA, WELES_TOKEN = NA, WELES_TOKEN_FILE = NA, no_proxy = "127.0.0.1",
    .local_envir = env
  )
  before <- session$connection
  withr::defer(session$connection <- before, envir = env)
  weles_connect(lake$url, "a-token", patience = 5)
  lake
}

# "METHOD /path" = answer, or a list of answers
lake_answers <- function(lake, ...) {
  answers <- lapply(list(...), function(each) if (inherits(each, "lake_answer")) list(each) else each)
  saveRDS(answers, file.path(lake$folder, "answers.rds"))
}

answer <- function(body, status = 200, headers = list()) {
  structure(list(status = status, headers = headers, body = charToRaw(enc2utf8(body))), class = "lake_answer")
}

problem <- function(slug, status, detail, ..., headers = list()) {
  document <- list(type = paste0("/problems/", slug), title = slug, status = status, detail = detail, ...)
  answer(
    as.character(jsonlite::toJSON(document, auto_unbox = TRUE)), status,
    c(list("Content-Type" = "application/problem+json"), headers)
  )
}

asked_of <- function(lake, key = NULL) {
  requests <- lapply(sort(Sys.glob(file.path(lake$folder, "asked-*.rds"))), readRDS)
  Filter(function(request) is.null(key) || request$key == key, requests)
}

# {name: list(type, body as text or raw)} of a multipart body
parts_of <- function(request) {
  boundary <- sub("^.*boundary=", "", request$headers[["content-type"]])
  text <- rawToChar(request$body[request$body != as.raw(0)])
  Encoding(text) <- "bytes"
  pieces <- strsplit(text, paste0("--", boundary), fixed = TRUE, useBytes = TRUE)[[1]]
  pieces <- pieces[grepl("Content-Disposition", pieces, fixed = TRUE, useBytes = TRUE)]
  parts <- lapply(pieces, function(piece) {
    at <- regexpr("\r\n\r\n", piece, fixed = TRUE, useBytes = TRUE)
    head <- substr(piece, 1, at)
    body <- substring(piece, at + 4, nchar(piece, "bytes") - 2)
    Encoding(body) <- "UTF-8"
    list(
      name = sub("^.*; name=\"([^\"]*)\".*$", "\\1", head, useBytes = TRUE),
      type = trimws(sub("^.*Content-Type: ([^\r\n]*).*$", "\\1", head, useBytes = TRUE)), body = body
    )
  })
  names(parts) <- vapply(parts, `[[`, "", "name")
  parts
}

json <- function(...) as.character(jsonlite::toJSON(list(...), auto_unbox = TRUE, null = "null"))
