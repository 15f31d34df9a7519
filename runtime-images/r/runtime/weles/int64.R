# Whole numbers of 64 bits in a language whose numbers are exact to 53: always as two halves, the lower unsigned.

LIMB <- 2^32

# A double where every value is exact as one, as the R client reads it: integer64 loses its class in much of R, sapply()
# or matrix(), and is another number then. Beyond that integer64 where bit64 is installed, else text, with a warning.
int64_of <- function(data, rows, valid, name) {
  halves <- halves_of(data, rows)
  exact <- halves$high * LIMB + halves$low
  if (all(abs(exact) < 2^53)) {
    return(nulled(exact, valid))
  }
  if (requireNamespace("bit64", quietly = TRUE)) {
    bits <- readBin(data, "double", rows, endian = "little")
    # integer64 has no -2^63: it is its NA.
    if (!any(is_null64(bits) & (is.null(valid) | valid))) {
      if (!is.null(valid)) bits[!valid] <- NULL64
      return(structure(bits, class = "integer64"))
    }
  }
  warning(sprintf("column '%s' has integers that R cannot hold: they are text. Package bit64 may help.", name))
  nulled(decimal(halves$high, halves$low), valid)
}

# Seconds since 1970 of microseconds; exact to the microsecond within 140 years, to 30 microseconds elsewhere.
seconds_of <- function(data, rows) {
  halves <- halves_of(data, rows)
  if (all(abs(halves$high) < 2^21)) {
    return((halves$high * LIMB + halves$low) / 1e6)
  }
  # 2^32 microseconds are 4294 seconds and 967296 microseconds.
  halves$high * 4294 + (halves$high * 967296 + halves$low) / 1e6
}

halves_of <- function(data, rows) {
  halves <- matrix(half_numbers(data, 2L * rows), nrow = 2)
  low <- halves[1, ]
  high <- halves[2, ]
  list(high = high - LIMB * (high >= LIMB / 2), low = low)
}

# Unsigned 32-bit numbers. R's own integers have no -2^31, so they are read as 16 bits each.
half_numbers <- function(data, count) {
  sixteen <- matrix(readBin(data, "integer", 2L * count, size = 2L, signed = FALSE, endian = "little"), nrow = 2)
  sixteen[1, ] + 65536 * sixteen[2, ]
}

# The bytes of high * 2^32 + low; `low` from 0 to 2^32 - 1, both whole.
bytes_of_halves <- function(high, low) {
  high <- high + LIMB * (high < 0)
  sixteen <- rbind(low %% 65536, low %/% 65536, high %% 65536, high %/% 65536)
  writeBin(as.integer(sixteen), raw(), size = 2L, endian = "little")
}

# NA of integer64 has the bits of the double -0.
NULL64 <- -0

is_null64 <- function(bits) {
  found <- logical(length(bits))
  found[which(bits == 0 & 1 / bits < 0)] <- TRUE
  found
}

# Microseconds of seconds since 1970, rounded as the clients round them.
microsecond_bytes <- function(seconds) {
  whole <- floor(seconds)
  micros <- round((seconds - whole) * 1e6)
  # whole * 1e6 + micros, without leaving what a double holds: 1e6 = 15625 * 64, and 2^32 = 64 * 2^26.
  scaled <- whole * 15625
  high <- floor(scaled / 2^26)
  low <- (scaled - high * 2^26) * 64 + micros
  carry <- floor(low / LIMB)
  bytes_of_halves(high + carry, low - carry * LIMB)
}

# Decimal text of high * 2^32 + low.
decimal <- function(high, low) {
  negative <- high < 0
  # The magnitude of a negative number: its complement and one.
  high <- ifelse(negative, -high - (low > 0), high)
  low <- ifelse(negative & low > 0, LIMB - low, low)
  # In base 10^6, limb by limb: 2^32 = 4294 * 10^6 + 967296, and high < 2^32 = 10^6 * 4295.
  upper <- high %/% 1e6
  lower <- high %% 1e6
  first <- lower * 967296 + low
  second <- upper * 967296 + lower * 4294 + first %/% 1e6
  third <- upper * 4294 + second %/% 1e6
  text <- sprintf("%.0f%06.0f%06.0f", third, second %% 1e6, first %% 1e6)
  paste0(ifelse(negative, "-", ""), sub("^0+(?=.)", "", text, perl = TRUE))
}
