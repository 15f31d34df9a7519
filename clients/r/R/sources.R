# Data as the caller has it: a data.frame, a file, or the hash of a dataset that the lake has.

CONTENT_TYPES <- c(csv = "text/csv", json = "application/json", parquet = "application/vnd.apache.parquet")

is_text <- function(value) {
  is.character(value) && length(value) == 1 && !is.na(value) && is.null(dim(value))
}

is_hash <- function(data) {
  is_text(data) && grepl("^sha256:[0-9a-f]{64}$", data)
}

is_data_file <- function(data) {
  is_text(data) && !is_hash(data)
}

# The media type that the file's name says, of `types` by suffix.
file_type <- function(path, types) {
  type <- if (is_text(path)) unname(types[tolower(sub("^.*\\.", "", basename(path)))]) else NA
  if (is.na(type)) {
    refuse(
      "invalid_input", sprintf("%s is not a file of the right kind.", paste(format(path), collapse = " ")),
      sprintf("Name a file that ends with .%s.", paste(names(types), collapse = ", ."))
    )
  }
  type
}

# The media type of a data file, once it is there and has something in it.
data_file_type <- function(path, kinds = names(CONTENT_TYPES)) {
  type <- file_type(path, CONTENT_TYPES[kinds])
  if (!file.exists(path) || dir.exists(path)) {
    refuse(
      "invalid_input", sprintf("There is no file %s.", path), "Check the path; a dataset's hash begins with sha256:."
    )
  }
  if (file.size(path) == 0) {
    refuse("invalid_input", sprintf("The file %s is empty.", path), "Give a file with a header and rows.")
  }
  type
}

check_frame <- function(data) {
  if (!is.data.frame(data)) {
    refuse(
      "invalid_input", sprintf("An object of class %s is not a table.", class(data)[1]),
      "Give a data.frame, the path of a .csv file, or the hash of a dataset."
    )
  }
  as.data.frame(data)
}

# The part `data` of a request: a file as it is, a data.frame as typed JSON in the file `temporary`.
data_part <- function(data, temporary) {
  if (is_data_file(data)) {
    type <- data_file_type(data)
    return(curl::form_file(data, type, "data"))
  }
  table <- if (inherits(data, "weles_table")) data else table_of(check_frame(data))
  write_table(table, temporary)
  curl::form_file(temporary, "application/json", "data")
}

text_part <- function(name, text, temporary, type = "application/json") {
  write_text_file(text, temporary)
  curl::form_file(temporary, type, name)
}
