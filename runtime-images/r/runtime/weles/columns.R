# One wire column <-> R's own vector. Null is NA; NaN is NaN.

WIDTHS <- c(bool = 1, int32 = 4, int64 = 8, float64 = 8, string = 4, categorical = 4, date = 4, timestamp = 8)
# What readBin() makes of the first buffer. Numbers of 64 bits are bytes to it.
READ_AS <- c(
  bool = "raw", int32 = "integer", int64 = "raw", float64 = "double", string = "integer", categorical = "integer",
  date = "integer", timestamp = "raw"
)
READ_WIDTHS <- c(raw = 1, integer = 4, double = 8)

# A column's entry in the header, and before it what read_column() needs to know of it.
announced_column <- function(field, rows) {
  type <- field$type
  sizes <- as.numeric(unlist(field$buffers))
  texts <- identical(type, "string")
  has_validity <- length(sizes) == 2L + texts
  if (
    !length(sizes) %in% (1:2 + texts) || !isTRUE(sizes[1] == unname(WIDTHS[type]) * (rows + texts)) ||
      has_validity && sizes[2L + texts] != rows
  ) {
    request_error("invalid_request", sprintf("column '%s' is not %d rows of a type of the contract", field$name, rows))
  }
  read_as <- READ_AS[[type]]
  attributes <- switch(type,
    categorical = list(levels = as.character(field$levels), class = c(if (isTRUE(field$ordered)) "ordered", "factor")),
    date = list(class = "Date"),
    timestamp = list(class = c("POSIXct", "POSIXt"), tzone = zone_here(field$zone))
  )
  c(list(
    sizes = sizes, padding = (-sizes) %% 8, has_validity = has_validity, read_as = read_as,
    count = sizes[1] / READ_WIDTHS[[read_as]], attributes = attributes
  ), field)
}

# The next column of a body. `field`: what announced_column() gave; `body`: a connection.
read_column <- function(field, body, rows) {
  values <- take(body, field$read_as, field$count, field$padding[1])
  if (field$type == "string") {
    values <- texts_of(values, take(body, "raw", field$sizes[2], field$padding[2]), field$name)
  }
  valid <- if (field$has_validity) take(body, "raw", rows, field$padding[length(field$padding)]) != 0
  values <- switch(field$type,
    bool = nulled(values != 0, valid),
    int32 = nulled(int32_of(values), valid),
    int64 = int64_of(values, rows, valid, field$name),
    float64 = , string = nulled(values, valid),
    categorical = nulled(factor_codes(values), valid),
    date = nulled(as.double(values), valid),
    timestamp = nulled(seconds_of(values, rows), valid)
  )
  if (!is.null(field$attributes)) attributes(values) <- field$attributes
  values
}

# The next buffer, and past its padding.
take <- function(body, what, count, padding) {
  values <- readBin(body, what, count, endian = "little")
  if (padding) readBin(body, "raw", padding)
  values
}

nulled <- function(values, valid) {
  if (!is.null(valid)) values[!valid] <- NA
  values
}

# R has no integer -2^31: it is its NA.
int32_of <- function(values) if (anyNA(values)) ifelse(is.na(values), -2^31, values) else values

texts_of <- function(offsets, data, name) {
  if (any(data == 0)) request_error("invalid_input", sprintf("column '%s': R has no text with a NUL in it", name))
  texts <- readChar(data, diff(offsets), useBytes = TRUE)
  Encoding(texts) <- "UTF-8"
  texts
}

# R counts levels from 1.
factor_codes <- function(codes) {
  codes[codes == -1L] <- NA
  codes + 1L
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

# list(field = the column's entry, for field_json(), parts = its buffers) of a vector that wire_type() knows.
write_column <- function(name, values) {
  type <- wire_type(values)
  null <- nulls_of(values, type)
  parts <- switch(type,
    bool = list(as.raw(plain(values, null, FALSE))),
    int32 = list(writeBin(plain(values, null, 0L), raw(), endian = "little")),
    int64 = list(writeBin(plain(values, null, 0), raw(), endian = "little")),
    float64 = list(writeBin(plain(values, null, 0), raw(), endian = "little")),
    string = text_parts(values, null),
    categorical = list(writeBin(as.integer(plain(values, null, 0L)) - 1L, raw(), endian = "little")),
    date = list(writeBin(as.integer(floor(plain(values, null, 0))), raw(), endian = "little")),
    timestamp = list(microsecond_bytes(plain(values, null, 0)))
  )
  if (!is.null(null)) parts <- c(parts, list(as.raw(!null)))
  field <- list(name = name, type = type, buffers = lengths(parts))
  if (type == "categorical") field <- c(field, list(levels = levels(values), ordered = is.ordered(values)))
  if (type == "timestamp") field <- c(field, list(zone = attr(values, "tzone")[1]))
  list(field = field, parts = parts)
}

# The JSON of a column's entry in the header.
field_json <- function(field) {
  entry <- c(name = json_text(field$name), type = json_text(field$type))
  if (field$type == "categorical") {
    entry <- c(entry, levels = json_array(json_text(field$levels)), if (field$ordered) c(ordered = "true"))
  }
  if (length(field$zone) && nzchar(field$zone)) entry <- c(entry, zone = json_text(field$zone))
  json_object(c(entry, buffers = json_array(sprintf("%.0f", field$buffers))))
}

# Which values are null: NULL for none of them.
nulls_of <- function(values, type) {
  null <- if (type == "int64") {
    is_null64(unclass(values))
  } else if (anyNA(values)) {
    if (type == "float64") is.na(values) & !is.nan(values) else is.na(values)
  }
  if (any(null)) null
}

# The contract's type of a vector; NULL for what is none.
wire_type <- function(values) {
  if (!is.atomic(values) || !is.null(dim(values))) {
    return(NULL)
  }
  if (!is.object(values)) {
    return(switch(typeof(values), logical = "bool", integer = "int32", double = "float64", character = "string"))
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
  if (inherits(values, "integer64")) "int64"
}

# The numbers alone, with `zero` in the place of null.
plain <- function(values, null, zero) {
  values <- as.vector(unclass(values))
  if (!is.null(null)) values[null] <- zero
  values
}

text_parts <- function(values, null) {
  texts <- clean_text(plain(values, null, ""))
  ends <- cumsum(as.double(nchar(texts, "bytes")))
  if (length(ends) && ends[length(ends)] >= 2^31) not_a_prediction("the model gave more than 2 GiB of text")
  list(writeBin(as.integer(c(0, ends)), raw(), endian = "little"), charToRaw(paste(texts, collapse = "")))
}
