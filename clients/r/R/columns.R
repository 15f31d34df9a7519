# One column of R's own -> a typed field and the JSON text of each value.
#
# NA is null, NaN and infinite numbers are "NaN", "Infinity", "-Infinity"; dates and timestamps are ISO 8601 text
# (timestamps in UTC); a factor's values are its levels' text. Every double and every integer64 is exact.

KINDS <- "logical, integer, numeric, integer64, character, factor, Date or POSIXct"

# list(field = list(name, type, levels, ordered, zone), json = one JSON text per value)
column_of <- function(name, values) {
  if (!is.null(dim(values)) || (is.list(values) && !inherits(values, "POSIXlt"))) {
    refuse_value(name, 0, KINDS, class(values)[1])
  }
  if (inherits(values, "AsIs")) class(values) <- setdiff(class(values), "AsIs")
  write <- writer_of(values)
  if (is.null(write)) refuse_value(name, 0, KINDS, class(values)[1])
  made <- write(name, values)
  made$json[is.na(made$json)] <- "null"
  list(field = c(list(name = name), made$field), json = made$json)
}

writer_of <- function(values) {
  if (is.factor(values)) {
    return(write_factor)
  }
  if (inherits(values, "Date")) {
    return(write_date)
  }
  if (inherits(values, "POSIXt")) {
    return(write_timestamp)
  }
  if (inherits(values, "integer64")) {
    return(write_integer64)
  }
  if (is.object(values)) {
    return(NULL)
  }
  switch(typeof(values),
    logical = write_logical, integer = write_integer, double = write_double, character = write_text
  )
}

write_logical <- function(name, values) {
  list(field = list(type = "bool"), json = c("false", "true")[values + 1L])
}

write_integer <- function(name, values) {
  list(field = list(type = "int32"), json = ifelse(is.na(values), NA, sprintf("%d", values)))
}

write_integer64 <- function(name, values) {
  need_package("bit64", "to send integer64")
  list(field = list(type = "int64"), json = bit64::as.character.integer64(values))
}

write_double <- function(name, values) {
  json <- sprintf("%.15g", values)
  # 15 digits are what people wrote; where they are not the very number, 17 always are.
  finite <- is.finite(values)
  longer <- which(finite)[as.numeric(json[finite]) != values[finite]]
  json[longer] <- sprintf("%.17g", values[longer])
  json[is.nan(values)] <- "\"NaN\""
  json[is.infinite(values)] <- ifelse(values[is.infinite(values)] > 0, "\"Infinity\"", "\"-Infinity\"")
  json[is.na(values) & !is.nan(values)] <- NA
  list(field = list(type = "float64"), json = json)
}

write_text <- function(name, values) {
  list(field = list(type = "string"), json = json_text(name, values))
}

write_factor <- function(name, values) {
  levels <- levels(values)
  if (anyNA(levels)) {
    row <- match(TRUE, is.na(levels)[values], 1L) - 1L
    refuse_value(name, row, "levels that are texts", "the level NA (see addNA)")
  }
  field <- list(type = "categorical", levels = I(enc2utf8(levels)))
  if (is.ordered(values)) field$ordered <- TRUE
  list(field = field, json = json_text(name, levels)[values])
}

write_date <- function(name, values) {
  parts <- as.POSIXlt(values)
  years <- parts$year + 1900L
  check_years(name, years, values)
  json <- sprintf("\"%04d-%02d-%02d\"", as.integer(years), parts$mon + 1L, parts$mday)
  json[is.na(values)] <- NA
  list(field = list(type = "date"), json = json)
}

write_timestamp <- function(name, values) {
  moments <- as.POSIXct(values)
  micros <- round(as.numeric(moments) * 1e6)
  json <- moment_text(name, micros, values)
  field <- list(type = "timestamp", zone = zone_of(moments))
  list(field = field, json = ifelse(is.na(json), NA, paste0("\"", json, "Z\"")))
}

# The clock on the wall, for a column of the lake that has no zone.
write_wall_clock <- function(name, values) {
  moments <- as.POSIXct(values)
  parts <- as.POSIXlt(moments)
  offset <- as.numeric(as.POSIXct(format(parts, "%Y-%m-%d %H:%M:%S"), tz = "UTC")) - floor(as.numeric(moments))
  json <- moment_text(name, round((as.numeric(moments) + offset) * 1e6), values)
  list(field = list(type = "timestamp"), json = ifelse(is.na(json), NA, paste0("\"", json, "\"")))
}

moment_text <- function(name, micros, values) {
  seconds <- micros %/% 1e6
  parts <- as.POSIXlt(as.POSIXct(seconds, origin = "1970-01-01", tz = "UTC"), tz = "UTC")
  years <- parts$year + 1900L
  check_years(name, years, values)
  text <- sprintf(
    "%04d-%02d-%02dT%02d:%02d:%02d", as.integer(years), parts$mon + 1L, parts$mday,
    parts$hour, parts$min, as.integer(round(parts$sec))
  )
  fraction <- micros - seconds * 1e6
  odd <- !is.na(fraction) & fraction != 0
  text[odd] <- sprintf("%s.%06d", text[odd], as.integer(fraction[odd]))
  text[is.na(micros)] <- NA
  text
}

check_years <- function(name, years, values) {
  wrong <- which(!is.na(years) & (years < 1 | years > 9999))
  if (length(wrong)) refuse_value(name, wrong[1] - 1L, "a year from 1 to 9999", format(values[wrong[1]]))
}

zone_of <- function(moments) {
  zone <- attr(moments, "tzone")[1]
  if (is.null(zone) || !nzchar(zone)) zone <- Sys.timezone()
  if (is.na(zone) || zone %in% c("GMT", "Etc/UTC") || !zone %in% OlsonNames()) "UTC" else zone
}

# Texts as JSON; jsonlite for the few that need escapes.
json_text <- function(name, texts) {
  utf8 <- enc2utf8(texts)
  wrong <- which(!is.na(utf8) & !validUTF8(utf8))
  if (length(wrong)) refuse_value(name, wrong[1] - 1L, "valid UTF-8 text", iconv(utf8[wrong[1]], "UTF-8", "UTF-8", "?"))
  json <- paste0("\"", utf8, "\"")
  odd <- grep("[\"\\\\[:cntrl:]]", utf8)
  json[odd] <- vapply(utf8[odd], function(text) as.character(jsonlite::toJSON(text, auto_unbox = TRUE)), "")
  json[is.na(texts)] <- NA
  json
}

need_package <- function(package, purpose) {
  if (!requireNamespace(package, quietly = TRUE)) {
    refuse(
      "invalid_request", sprintf("The package %s is needed %s.", package, purpose),
      sprintf("Call install.packages(\"%s\").", package)
    )
  }
}
