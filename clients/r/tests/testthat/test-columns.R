# through JSON and back, as a value goes to the lake and comes back
round_trip <- function(values, parse = parse_json) {
  column <- column_of("x", values)
  field <- parse(as.character(jsonlite::toJSON(column$field, auto_unbox = TRUE)))
  read_column(field, parse(paste0("[", paste(column$json, collapse = ","), "]")))
}

type_of <- function(values) column_of("x", values)$field$type

test_that("every type comes back as it was", {
  expect_identical(round_trip(c(TRUE, NA, FALSE)), c(TRUE, NA, FALSE))
  expect_identical(round_trip(c(1L, NA, 100000L, -.Machine$integer.max)), c(1L, NA, 100000L, -.Machine$integer.max))
  expect_identical(round_trip(c("001", NA, "NA", "", "1e5")), c("001", NA, "NA", "", "1e5"))
  expect_identical(round_trip(as.Date(c("2024-02-29", NA, "0999-01-01"))), as.Date(c("2024-02-29", NA, "0999-01-01")))
  fruit <- factor(c("pear", NA, "apple"), levels = c("pear", "apple", "unseen"))
  expect_identical(round_trip(fruit), fruit)
  size <- factor(c("S", "L"), levels = c("S", "M", "L"), ordered = TRUE)
  expect_identical(round_trip(size), size)
  expect_identical(round_trip(factor("only")), factor("only"))
})

test_that("types are named as the lake names them", {
  expect_equal(type_of(TRUE), "bool")
  expect_equal(type_of(1L), "int32")
  expect_equal(type_of(1), "float64")
  expect_equal(type_of("1"), "string")
  expect_equal(type_of(factor("1")), "categorical")
  expect_equal(type_of(Sys.Date()), "date")
  expect_equal(type_of(Sys.time()), "timestamp")
  expect_equal(type_of(as.POSIXlt(Sys.time())), "timestamp")
  expect_equal(type_of(I("1")), "string")
})

test_that("doubles are exact, and NA, NaN and the infinities stay apart", {
  values <- c(0.1, 1 / 3, 1e-310, .Machine$double.xmax, pi * 1e200, -0.1 - 0.2, 2^53 + 2, NA, NaN, Inf, -Inf)
  back <- round_trip(values)
  expect_identical(back, values)
  expect_identical(is.nan(back), is.nan(values))
  expect_identical(column_of("x", 0.1)$json, "0.1")
})

test_that("integer64 is exact beyond 2^53", {
  skip_if_not_installed("bit64")
  values <- bit64::as.integer64(c("9007199254740993", NA, "-9223372036854775807", "1"))
  expect_equal(type_of(values), "int64")
  expect_identical(round_trip(values), values)
  expect_identical(round_trip(bit64::as.integer64(c(1, NA, 2^40))), c(1, NA, 2^40))
  expect_warning(least <- read_column(list(name = "n", type = "int64"), parse_json("[-9223372036854775808]")), "n")
  expect_identical(least, "-9223372036854775808")
})

test_that("without bit64 large integers are exact text, with a warning", {
  local_mocked_bindings(requireNamespace = function(...) FALSE, .package = "base")
  field <- list(name = "n", type = "int64")
  expect_warning(big <- read_column(field, parse_json("[9007199254740993, null]")), "n")
  expect_identical(big, c("9007199254740993", NA))
})

test_that("the integer that R has not comes as a number", {
  expect_identical(read_column(list(name = "n", type = "int32"), parse_json("[-2147483648, 1]")), c(-2147483648, 1))
})

test_that("text survives whatever is in it", {
  texts <- c("Zażółć gęślą jaźń", "\U1F332 tree", "a\"b\\c", "line\nbreak\ttab\u0001", "\u2028")
  expect_identical(round_trip(texts), texts)
  latin <- "caf\xe9"
  Encoding(latin) <- "latin1"
  expect_identical(round_trip(latin), "caf\u00e9")
})

test_that("timestamps keep instant, zone and microseconds", {
  winter <- as.POSIXct("2024-01-15 12:30:45.123456", tz = "Europe/Warsaw")
  column <- column_of("x", winter[1:2])
  expect_equal(column$field$zone, "Europe/Warsaw")
  expect_equal(column$json, c("\"2024-01-15T11:30:45.123456Z\"", "null"))
  summer <- as.POSIXct("2024-07-15 12:00:00", tz = "Europe/Warsaw")
  back <- round_trip(c(winter, summer)[1:3])
  expect_equal(attr(back, "tzone"), "Europe/Warsaw")
  expect_equal(format(back, "%Y-%m-%d %H:%M:%S"), c("2024-01-15 12:30:45", "2024-07-15 12:00:00", NA))
  expect_lt(abs(as.numeric(back[1]) - as.numeric(winter)), 1e-6)
  old <- as.POSIXct("1899-12-31 23:59:59", tz = "UTC")
  expect_equal(round_trip(old), old)
})

test_that("the lake's other zones and clocks are read", {
  read <- function(text, zone) read_timestamp(text, zone)
  expect_equal(format(read("2024-01-15T11:00:00Z", "+02:00"), "%H:%M"), "13:00")
  expect_equal(format(read("2024-01-15T11:00:00Z", "+05:30"), "%H:%M %Z"), "11:00 UTC")
  expect_equal(format(read("2024-01-15T11:00:00.5", NULL), "%H:%M:%OS1"), "11:00:00.5")
})

test_that("a clock on the wall is sent as it reads", {
  moment <- as.POSIXct("2024-07-15 12:00:00.25", tz = "Europe/Warsaw")
  expect_equal(write_wall_clock("x", moment)$json, "\"2024-07-15T12:00:00.250000\"")
})

test_that("what no type holds is refused, by column and row", {
  refused <- function(values) tryCatch(column_of("x", values), weles_invalid_input = function(error) error)
  for (values in list(list(1, 2), 1i, as.difftime(1, units = "mins"), as.raw(1), matrix(1:4, 2))) {
    expect_s3_class(refused(values), "weles_invalid_input")
  }
  error <- refused(c("fine", "bad\xff"))
  expect_equal(error$fields$problems[[1]][c("column", "row")], list(column = "x", row = 1))
  expect_match(conditionMessage(refused(as.Date(c(0, 4e6), origin = "1970-01-01"))), "year")
  expect_match(conditionMessage(refused(addNA(factor(c("a", NA))))), "addNA")
})
