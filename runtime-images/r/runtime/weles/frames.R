# The framing of the contract: bytes <-> a header and a table of columns. Mirrors registry/tables/frame.py of the lake.

PREFIX_BYTES <- 12L
PLACES <- 256^(0:7)

# An unsigned little-endian number of at most 8 bytes, exact up to 2^53.
unsigned <- function(bytes) sum(as.integer(bytes) * PLACES[seq_along(bytes)])

# Bytes of header and of body, as the first PREFIX_BYTES bytes of a frame announce them.
read_prefix <- function(bytes) c(unsigned(bytes[1:4]), unsigned(bytes[5:12]))

# A reader of whole frames: a function of the frame's bytes that gives list(header, table), table NULL or a data.frame.
# What a header says is worked out once for as long as the next one is the same text.
frame_reader <- function() {
  last_bytes <- raw()
  last <- NULL
  function(bytes) {
    body <- rawConnection(bytes, "rb")
    on.exit(close(body))
    sizes <- read_prefix(readBin(body, "raw", PREFIX_BYTES))
    header_bytes <- readBin(body, "raw", sizes[1])
    if (!identical(header_bytes, last_bytes)) {
      last <<- tryCatch(read_header(header_bytes), RequestError = stop, error = function(reason) {
        request_error("invalid_request", paste("the header:", conditionMessage(reason)))
      })
      last_bytes <<- header_bytes
    }
    list(header = last$header, table = if (!is.null(last$columns)) read_table(last, body, sizes[2]))
  }
}

# list(header) of a header's bytes; where it announces a table also what read_table() needs of it.
read_header <- function(bytes) {
  header <- parse_json(bytes)
  if (is.null(names(header))) request_error("invalid_request", "the header is not an object")
  table <- header$table
  if (is.null(table)) {
    return(list(header = header))
  }
  columns <- lapply(table$columns, announced_column, table$rows)
  list(
    header = header, rows = table$rows, columns = columns,
    body_bytes = sum(vapply(columns, function(each) sum(each$sizes + each$padding), 0)),
    names = vapply(columns, function(each) each$name, "")
  )
}

# The announced columns as a data.frame; `body`: a connection at the first of their buffers.
read_table <- function(announced, body, bytes) {
  if (announced$body_bytes > bytes) request_error("invalid_request", "the buffers are longer than the body")
  columns <- lapply(announced$columns, read_column, body, announced$rows)
  # Names of its own: data.table::setnames() changes them where they lie.
  attributes(columns) <- list(
    names = c(announced$names), class = "data.frame", row.names = .set_row_names(announced$rows)
  )
  columns
}

# A writer of answers: a function of a named list of what write_column() takes, all of one length, that gives the frame.
# A header is written once for as long as the next table is announced in the same words.
answer_writer <- function() {
  last_fields <- NULL
  last_head <- raw()
  function(table) {
    written <- .mapply(write_column, list(names(table), table), NULL)
    fields <- lapply(written, function(each) each$field)
    body <- unlist(lapply(written, function(each) each$parts), recursive = FALSE)
    if (!identical(fields, last_fields)) {
      columns <- json_array(vapply(fields, field_json, ""))
      announced <- json_object(c(rows = sprintf("%d", length(table[[1L]])), columns = columns))
      last_head <<- head_of(c(ok = "true", table = announced), sum(padded_size(lengths(body))))
      last_fields <<- fields
    }
    do.call(c, c(list(last_head), lapply(body, padded)))
  }
}

# One whole frame without a table. `header`: JSON texts by name.
frame_of <- function(header) head_of(header, 0)

# All that comes before the body.
head_of <- function(header, body_bytes) {
  text <- charToRaw(json_object(header))
  c(integer_bytes(length(text), 4L), integer_bytes(body_bytes, 8L), text)
}

padded_size <- function(bytes) bytes + (-bytes) %% 8

padded <- function(part) {
  missing <- (-length(part)) %% 8L
  if (missing) c(part, raw(missing)) else part
}

# A whole number of at most 2^53, little-endian, in `width` bytes.
integer_bytes <- function(number, width) as.raw((number %/% PLACES[seq_len(width)]) %% 256)
