# One wire column <-> R's own vector. Null is NA; NaN is NaN.

WIDTHS <- c(bool = 1, int32 = 4, int64 = 8, float64 = 8, categorical = 4, date = 4, timestamp = 8)

# `field`: the column's entry in the header; `parts`: its buffers, raw vectors.
read_column <- function(field, parts, rows) {
  texts <- identical(field$type, "string")
  width <- if (!texts) WIDTHS[field$type]
  right <- length(parts) %in% (1:2 + texts) &&
    if (texts) length(parts[[1]]) == 4 * (rows + 1) else !is.na(width) && length(parts[[1]]) == width * rows
  validity <- if (right && length(parts) == 2L + texts) parts[[2L + texts]]
  if (!right || !(is.null(validity) || length(validity) == rows)) {
    request_error("invalid_request", sprintf("column '%s' is not %d rows of a type of the contract", field$name, rows))
  }
  valid <- if (!is.null(validity)) validity != 0
  data <- parts[[1]]
  switch(field$type,
    bool = nulled(data != 0, valid),
    int32 = int32_of(data, rows, valid),
    int64 = int64_of(data, rows, valid, field$name),
    float64 = nulled(readBin(data, "double", rows, endian = "little"), valid),
    string = nulled(texts_of(data, parts[[2]], field$name), valid),
    categorical = factor_of(data, rows, valid, field),
    date = structure(nulled(as.double(readBin(data, "integer", rows, endian = "little")), valid), class = "Date"),
    timestamp = .POSIXct(nulled(seconds_of(data, rows), valid), tz = zone_here(field$zone))
  )
}

nulled <- function(values, valid) {
  if (!is.null(valid)) values[!valid] <- NA
  values
}

int32_of <- function(data, rows, valid) {
  values <- readBin(data, "integer", rows, endian = "little")
  # R has no integer -2^31: it is its NA.
  if (anyNA(values)) values <- ifelse(is.na(values), -2^31, values)
  nulled(values, valid)
}

texts_of <- function(offsets, data, name) {
  sizes <- diff(readBin(offsets, "integer", length(offsets) %/% 4L, endian = "little"))
  if (any(data == 0)) request_error("invalid_input", sprintf("column '%s': R has no text with a NUL in it", name))
  texts <- readChar(data, sizes, useBytes = TRUE)
  Encoding(texts) <- "UTF-8"
  texts
}

factor_of <- function(data, rows, valid, field) {
  codes <- readBin(data, "integer", rows, endian = "little") + 1L
  codes[codes == 0L] <- NA
  levels <- vapply(field$levels, identity, "")
  structure(nulled(codes, valid), levels = levels, class = c(if (isTRUE(field$ordered)) "ordered", "factor"))
}

delayedAssign("ZONES", OlsonNames())

# R knows zones by name alone; whole hours have one ("Etc/GMT-2" is +02:00). Elsewhere UTC: the same instants.
zone_here <- function(zone) {
  if (is.null(zone)) {
    return("")
  }
  if (grepl("^[+-][0-9]{2}:00$", zone)) {
    hours <- as.integer(substr(zone, 1, 3))
    zone <- if (hours == 0) "UTC" else sprintf("Etc/GMT%+d", -hours)
  }
  if (zone %in% ZONES) zone else "UTC"
}

# list(field = the JSON text of the column's entry, parts = its buffers) of a vector that wire_type() knows.
write_column <- function(name, values) {
  type <- wire_type(values)
  null <- switch(type,
    float64 = is.na(values) & !is.nan(values),
    int64 = is_null64(unclass(values)),
    is.na(values)
  )
  entry <- c(name = json_text(name), type = json_text(type))
  parts <- switch(type,
    bool = list(as.raw(ifelse(null, FALSE, values))),
    int32 = list(writeBin(plain(values, null, 0L), raw(), endian = "little")),
    int64 = list(integer64_bytes(values, null)),
    float64 = list(writeBin(plain(values, null, 0), raw(), endian = "little")),
    string = text_parts(values, null),
    categorical = list(writeBin(as.integer(plain(values, null, 0L)) - 1L, raw(), endian = "little")),
    date = list(writeBin(as.integer(floor(plain(values, null, 0))), raw(), endian = "little")),
    timestamp = list(microsecond_bytes(plain(values, null, 0)))
  )
  if (type == "categorical") {
    entry <- c(entry, levels = json_array(json_text(levels(values))), if (is.ordered(values)) c(ordered = "true"))
  }
  zone <- if (type == "timestamp") attr(values, "tzone")[1]
  if (length(zone) && nzchar(zone)) entry <- c(entry, zone = json_text(zone))
  if (any(null)) parts <- c(parts, list(as.raw(!null)))
  entry <- c(entry, buffers = json_array(sprintf("%.0f", lengths(parts))))
  list(field = json_object(entry), parts = parts)
}

# The contract's type of a vector; NULL for what is none.
wire_type <- function(values) {
  if (!is.atomic(values) || !is.null(dim(values))) {
    return(NULL)
  }
  if (is.factor(values)) {
    return(if (!anyNA(levels(values)) && !anyDuplicated(levels(values))) "categorical")
  }
  if (inherits(values, "Date")) {
    return("date")
  }
  if (inherits(values, "POSIXct")) {
    return("timestamp")
  }
  if (inherits(values, "integer64")) {
    return("int64")
  }
  switch(typeof(values), logical = "bool", integer = "int32", double = "float64", character = "string")
}

# The numbers alone, with `zero` in the place of null.
plain <- function(values, null, zero) {
  values <- as.vector(unclass(values))
  values[null] <- zero
  values
}

text_parts <- function(values, null) {
  texts <- clean_text(plain(values, null, ""))
  ends <- cumsum(as.double(nchar(texts, "bytes")))
  if (length(ends) && ends[length(ends)] >= 2^31) not_a_prediction("the model gave more than 2 GiB of text")
  list(writeBin(as.integer(c(0, ends)), raw(), endian = "little"), charToRaw(paste(texts, collapse = "")))
}
