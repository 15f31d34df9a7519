# A column as the lake answers it -> R's own: a typed field, and a list of parsed JSON values.

parse_json <- function(text) {
  # Integers beyond 2^53 stay text, and exact.
  jsonlite::fromJSON(text, simplifyVector = FALSE, bigint_as_char = TRUE)
}

read_column <- function(field, values) {
  switch(field$type,
    bool = as.logical(plain_values(values, NA)),
    int32 = read_int32(values),
    int64 = read_int64(field$name, values),
    float64 = read_float64(values),
    string = read_text(values),
    categorical = factor(read_text(values), as.character(unlist(field$levels)), ordered = isTRUE(field$ordered)),
    date = as.Date(read_text(values), format = "%Y-%m-%d"),
    timestamp = read_timestamp(read_text(values), field$zone),
    stop(weles_condition(
      "unexpected_answer", "lake", sprintf("The lake answered with a column of type %s.", field$type),
      "Update this package."
    ))
  )
}

# The values as a vector, `na` for null.
plain_values <- function(values, na) {
  null <- vapply(values, is.null, NA)
  values[null] <- list(na)
  unlist(values)
}

read_text <- function(values) {
  as.character(plain_values(values, NA_character_))
}

read_float64 <- function(values) {
  # Apart: unlist() of numbers and texts ("NaN", "Infinity") together would make all of them text of 15 digits.
  text <- vapply(values, is.character, NA)
  out <- numeric(length(values))
  out[text] <- as.numeric(unlist(values[text]))
  out[!text] <- as.numeric(plain_values(values[!text], NA_real_))
  out
}

read_int32 <- function(values) {
  numbers <- read_float64(values)
  # R has no integer -2^31.
  if (any(numbers == -2^31, na.rm = TRUE)) numbers else as.integer(numbers)
}

# A double where every value is exact as one: integer64 loses its class in much of R, sapply() or matrix(), and is
# another number then. Beyond that integer64 where bit64 is installed, else text.
read_int64 <- function(name, values) {
  texts <- vapply(values, function(value) {
    if (is.null(value)) NA_character_ else if (is.character(value)) value else sprintf("%.0f", value)
  }, "")
  numbers <- as.numeric(texts)
  if (all(abs(numbers) < 2^53, na.rm = TRUE)) {
    return(numbers)
  }
  # -2^63 is the NA of integer64.
  if (requireNamespace("bit64", quietly = TRUE) && !"-9223372036854775808" %in% texts) {
    return(bit64::as.integer64(texts))
  }
  cli::cli_warn("The column {.field {name}} has integers that R cannot hold: they are text. Package bit64 may help.")
  texts
}

read_timestamp <- function(texts, zone) {
  moments <- as.POSIXct(strptime(sub("Z$", "", texts), "%Y-%m-%dT%H:%M:%S", tz = "UTC"), tz = "UTC")
  fraction <- as.numeric(sub("^[^.]*(\\.[0-9]+)?Z?$", "0\\1", texts))
  moments <- moments + fraction
  attr(moments, "tzone") <- zone_here(zone)
  moments
}

# R knows names alone; whole hours have one ("Etc/GMT-2" is +02:00). Elsewhere UTC, the same instants.
zone_here <- function(zone) {
  if (is.null(zone)) {
    return("UTC")
  }
  if (grepl("^[+-][0-9]{2}:00$", zone)) {
    hours <- as.integer(substr(zone, 1, 3))
    zone <- if (hours == 0) "UTC" else sprintf("Etc/GMT%+d", -hours)
  }
  if (zone %in% OlsonNames()) zone else "UTC"
}

# Values of no stated type: a vector of what all of them are, or else of texts; NA for null.
read_mixed <- function(values) {
  kinds <- unique(vapply(Filter(Negate(is.null), values), typeof, ""))
  if (!length(kinds)) {
    return(rep(NA, length(values)))
  }
  if (length(kinds) > 1 && !all(kinds %in% c("integer", "double"))) {
    values <- lapply(values, function(value) if (is.null(value)) NULL else as.character(value))
  }
  plain_values(values, NA)
}
