# data.frames and the lake's split JSON, {"columns": [field ...], "data": [row ...]}.

CHUNK_ROWS <- 10000L

# A data.frame as typed columns. `wall_clock`: names of timestamp columns that the lake has without a zone.
table_of <- function(data, wall_clock = character()) {
  names <- names(data)
  if (!length(names)) {
    refuse("invalid_input", "The table has no columns.", "Send at least one column.")
  }
  names <- enc2utf8(names)
  if (anyNA(names) || any(!nzchar(names))) {
    refuse("invalid_input", "A column has no name.", "Name every column.")
  }
  if (anyDuplicated(names)) {
    refuse(
      "invalid_input", sprintf("The column \"%s\" is there more than once.", names[anyDuplicated(names)]),
      "Rename all but one."
    )
  }
  columns <- lapply(seq_along(names), function(index) {
    values <- data[[index]]
    if (names[index] %in% wall_clock && inherits(values, "POSIXt")) {
      made <- write_wall_clock(names[index], values)
      return(list(field = c(list(name = names[index]), made$field), json = or_null(made$json)))
    }
    column_of(names[index], values)
  })
  structure(list(names = names, columns = columns, rows = nrow(data)), class = "weles_table")
}

or_null <- function(json) {
  ifelse(is.na(json), "null", json)
}

# The table as JSON text, in pieces. `typed`: fields for names; the lake reads values without them by the model's own.
table_pieces <- function(table, typed = TRUE) {
  heads <- if (typed) lapply(table$columns, `[[`, "field") else as.list(table$names)
  begin <- seq(1L, by = CHUNK_ROWS, length.out = ceiling(table$rows / CHUNK_ROWS))
  chunks <- vapply(begin, function(first) {
    rows <- first:min(first + CHUNK_ROWS - 1L, table$rows)
    columns <- lapply(table$columns, function(column) column$json[rows])
    paste0("[", do.call(paste, c(columns, sep = ",")), "]", collapse = ",")
  }, "")
  separators <- rep(",", length(chunks))
  separators[1] <- ""
  c(
    "{\"columns\":", as.character(jsonlite::toJSON(heads, auto_unbox = TRUE)), ",\"data\":[",
    paste0(separators[seq_along(chunks)], chunks), "]}"
  )
}

table_json <- function(table, typed = TRUE) {
  paste(table_pieces(table, typed), collapse = "")
}

write_table <- function(table, file, typed = TRUE) {
  write_text_file(table_pieces(table, typed), file)
}

# UTF-8 in every locale, without line ends of the platform.
write_text_file <- function(pieces, file) {
  opened <- file(file, "wb")
  on.exit(close(opened))
  for (piece in pieces) writeBin(charToRaw(enc2utf8(piece)), opened)
  invisible(file)
}

# The data.frame that the lake answered in the typed split form.
frame_of <- function(document) {
  fields <- document$columns
  rows <- document$data
  right <- is.list(fields) && length(fields) && is.list(rows) &&
    all(vapply(fields, function(field) is.character(field$name) && is.character(field$type), NA)) &&
    all(lengths(rows) == length(fields))
  if (!right) {
    stop(weles_condition("unexpected_answer", "lake", "The lake's table cannot be read.", "Update this package."))
  }
  columns <- lapply(seq_along(fields), function(index) read_column(fields[[index]], lapply(rows, `[[`, index)))
  names(columns) <- vapply(fields, `[[`, "", "name")
  structure(columns, row.names = .set_row_names(length(rows)), class = "data.frame")
}

# A list of objects as a data.frame: a column for each of `keys`, numbers where all are numbers, else texts.
records_frame <- function(objects, keys) {
  columns <- lapply(keys, function(key) read_mixed(lapply(objects, `[[`, key)))
  names(columns) <- keys
  as.data.frame(columns, stringsAsFactors = FALSE, optional = TRUE)
}

# A list of objects as a data.frame of texts, "" where there is none.
rows_frame <- function(objects, keys) {
  columns <- lapply(keys, function(key) vapply(objects, function(each) text_of(each[[key]]), ""))
  names(columns) <- keys
  as.data.frame(columns, stringsAsFactors = FALSE, optional = TRUE)
}

fields_frame <- function(fields) {
  rows_frame(fields, c("name", "type"))
}

# The columns of a dataset: names, types, how many values are missing, and all statistics as a list.
columns_frame <- function(columns) {
  frame <- fields_frame(columns)
  frame$missing <- vapply(columns, function(each) as.integer(first_of(each$statistics$missing, NA)), 0L)
  frame$statistics <- I(lapply(columns, `[[`, "statistics"))
  frame
}

first_of <- function(value, otherwise) {
  if (is.null(value)) otherwise else value
}
