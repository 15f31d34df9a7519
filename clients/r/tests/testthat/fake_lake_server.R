# A lake that answers what a test says, over real HTTP, and writes down what it was asked. Base R alone.
#
#   Rscript fake_lake_server.R FOLDER
#
# FOLDER/port: where it listens. FOLDER/answers.rds: list("METHOD /path" = list(answer ...)), answers in their order,
# the last again and again; an answer is list(status, headers, body = raw), or NULL to hang up. FOLDER/asked-N.rds: the
# Nth request. It ends when FOLDER is gone.

folder <- commandArgs(TRUE)[1]
asked <- 0

listen <- function() {
  repeat {
    port <- sample(20000:60000, 1)
    server <- tryCatch(serverSocket(port), error = function(...) NULL, warning = function(...) NULL)
    if (!is.null(server)) {
      return(list(socket = server, port = port))
    }
  }
}

# The bytes up to and with an empty line; NULL when the client has gone.
read_head <- function(connection) {
  head <- raw()
  end <- charToRaw("\r\n\r\n")
  while (length(head) < 4 || !identical(utils::tail(head, 4), end)) {
    byte <- readBin(connection, "raw", 1)
    if (!length(byte)) {
      return(NULL)
    }
    head <- c(head, byte)
  }
  strsplit(rawToChar(head), "\r\n", fixed = TRUE)[[1]]
}

read_body <- function(connection, bytes) {
  body <- raw()
  while (length(body) < bytes) {
    piece <- readBin(connection, "raw", bytes - length(body))
    if (!length(piece)) break
    body <- c(body, piece)
  }
  body
}

read_request <- function(connection) {
  head <- read_head(connection)
  if (is.null(head)) {
    return(NULL)
  }
  first <- strsplit(head[1], " ", fixed = TRUE)[[1]]
  target <- strsplit(first[2], "?", fixed = TRUE)[[1]]
  fields <- regmatches(head[-1], regexpr(": *", head[-1]), invert = TRUE)
  headers <- vapply(fields, `[`, "", 2)
  names(headers) <- tolower(vapply(fields, `[`, "", 1))
  if ("expect" %in% names(headers)) writeBin(charToRaw("HTTP/1.1 100 Continue\r\n\r\n"), connection)
  bytes <- if ("content-length" %in% names(headers)) as.numeric(headers[["content-length"]]) else 0
  list(
    method = first[1], path = sub("^/api/v1", "", URLdecode(target[1])),
    query = if (is.na(target[2])) "" else target[2], headers = as.list(headers),
    body = read_body(connection, bytes)
  )
}

answer_to <- function(request) {
  key <- paste(request$method, request$path)
  answers <- readRDS(file.path(folder, "answers.rds"))[[key]]
  if (is.null(answers)) {
    return(list(status = 404, headers = list(), body = charToRaw(sprintf("{\"detail\": \"nothing at %s\"}", key))))
  }
  earlier <- Filter(function(file) identical(readRDS(file)$key, key), Sys.glob(file.path(folder, "asked-*.rds")))
  answers[[min(length(earlier) + 1, length(answers))]]
}

serve <- function(connection) {
  request <- read_request(connection)
  if (is.null(request)) {
    return(invisible())
  }
  answer <- answer_to(request)
  asked <<- asked + 1
  request$key <- paste(request$method, request$path)
  saveRDS(request, file.path(folder, sprintf("asked-%05d.rds", asked)))
  if (is.null(answer)) {
    return(invisible())
  }
  headers <- utils::modifyList(
    list(
      "Content-Type" = "application/json", "Content-Length" = format(length(answer$body), scientific = FALSE),
      "Connection" = "close"
    ),
    answer$headers
  )
  lines <- c(sprintf("HTTP/1.1 %d Answer", as.integer(answer$status)), paste0(names(headers), ": ", unlist(headers)))
  writeBin(c(charToRaw(paste0(paste(lines, collapse = "\r\n"), "\r\n\r\n")), answer$body), connection)
}

listening <- listen()
writeLines(as.character(listening$port), file.path(folder, "port.tmp"))
file.rename(file.path(folder, "port.tmp"), file.path(folder, "port"))
while (dir.exists(folder)) {
  connection <- tryCatch(
    suppressWarnings(socketAccept(listening$socket, blocking = TRUE, open = "r+b", timeout = 1)),
    error = function(...) NULL # nobody has come for a second
  )
  if (!is.null(connection)) {
    tryCatch(serve(connection), error = function(reason) message(conditionMessage(reason)))
    close(connection)
  }
}
