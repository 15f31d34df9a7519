# The framing of the contract: bytes <-> a header and a table of columns. Mirrors registry/tables/frame.py of the lake.

PREFIX_BYTES <- 12L

# An unsigned little-endian number of any width up to 2^53.
unsigned <- function(bytes) sum(as.integer(bytes) * 256^(seq_along(bytes) - 1))

# Bytes of header and of body, as the first PREFIX_BYTES bytes of a frame announce them.
read_prefix <- function(bytes) c(unsigned(bytes[1:4]), unsigned(bytes[5:12]))

# A reader of whole frames: a function of the frame's bytes that gives list(header, table), table NULL or
# list(rows, columns = data.frame). A header is parsed once for as long as the next one is the same text.
frame_reader <- function() {
  last_bytes <- raw()
  last_header <- NULL
  function(bytes) {
    sizes <- read_prefix(bytes)
    header_bytes <- bytes[PREFIX_BYTES + seq_len(sizes[1])]
    if (!identical(header_bytes, last_bytes)) {
      last_header <<- tryCatch(parse_json(header_bytes), error = function(reason) {
        request_error("invalid_request", paste("the header:", conditionMessage(reason)))
      })
      last_bytes <<- header_bytes
    }
    if (is.null(names(last_header))) request_error("invalid_request", "the header is not an object")
    table <- last_header$table
    list(header = last_header, table = if (!is.null(table)) read_table(table, bytes, PREFIX_BYTES + sizes[1]))
  }
}

# The announced columns as a data.frame; `at`: how many bytes come before the body.
read_table <- function(announced, bytes, at) {
  rows <- announced$rows
  columns <- vector("list", length(announced$columns))
  for (position in seq_along(columns)) {
    field <- announced$columns[[position]]
    parts <- vector("list", length(field$buffers))
    for (part in seq_along(parts)) {
      length <- field$buffers[[part]]
      if (at + length > length(bytes)) request_error("invalid_request", "the buffers are longer than the body")
      parts[[part]] <- bytes[at + seq_len(length)]
      at <- at + length + (-length) %% 8
    }
    columns[[position]] <- read_column(field, parts, rows)
  }
  names <- vapply(announced$columns, function(field) field$name, "")
  structure(columns, names = names, class = "data.frame", row.names = .set_row_names(rows))
}

# One whole frame. `header`: JSON texts by name; `table`: NULL or a data.frame of what write_column() takes.
frame_of <- function(header, table = NULL) {
  body <- list()
  if (!is.null(table)) {
    written <- Map(write_column, names(table), unclass(table))
    header <- c(header, table = json_object(c(
      rows = sprintf("%d", nrow(table)), columns = json_array(vapply(written, function(each) each$field, ""))
    )))
    body <- lapply(unlist(lapply(written, function(each) each$parts), recursive = FALSE), padded)
  }
  text <- charToRaw(json_object(header))
  body <- do.call(c, c(list(raw()), unname(body)))
  c(integer_bytes(length(text), 4L), integer_bytes(length(body), 8L), text, body)
}

padded <- function(part) c(part, raw((-length(part)) %% 8))

# A whole number of at most 2^53, little-endian, in `width` bytes.
integer_bytes <- function(number, width) as.raw((number %/% 256^(seq_len(width) - 1L)) %% 256)
