# The R side of the type matrix: `upload` leaves identity models in the lake, `ask` sends every probe to every model.

fit <- data.frame(
  bool = c(TRUE, FALSE), int32 = 1:2, int64 = 1:2, float64 = c(0.5, 1.5), text = c("a", "b"),
  level = factor(c("lo", "hi"), levels = c("lo", "hi", "never")),
  ordered = factor(c("lo", "hi"), levels = c("lo", "mid", "hi"), ordered = TRUE),
  date = as.Date(c("2024-02-29", "1899-12-31")),
  moment = as.POSIXct(c("2024-01-15 12:00:00", "2024-07-15 12:00:00"), tz = "Europe/Warsaw"),
  stringsAsFactors = FALSE
)

have_bit64 <- requireNamespace("bit64", quietly = TRUE)
large <- c("9007199254740993", "-9223372036854775807")
if (have_bit64) {
  fit$int64 <- bit64::as.integer64(fit$int64)
  large <- bit64::as.integer64(large)
}

probe <- function(label, column, values) list(label = label, column = column, values = values)

probes <- list(
  probe("bool", "bool", c(FALSE, TRUE)),
  probe("bool, NA", "bool", c(NA, TRUE)),
  probe("int32", "int32", c(-.Machine$integer.max, .Machine$integer.max)),
  probe("int32, NA", "int32", c(NA, 7L)),
  probe("int64 beyond 2^53", "int64", large),
  probe("double", "float64", c(0.1 + 0.2, -5e-324)),
  probe("double, infinite", "float64", c(Inf, -Inf)),
  probe("double, NaN", "float64", c(NaN, 0.5)),
  probe("double, NA", "float64", c(NA, 0.5)),
  probe("text with leading zeros", "text", c("001", "1e5")),
  probe("text, unicode", "text", c("Za\u017c\u00f3\u0142\u0107 \"\\\n", "\U1F332")),
  probe("text, NA", "text", c(NA, "NA")),
  probe("factor, with a level that no row has", "level", factor(c("hi", "lo"), levels = levels(fit$level))),
  probe("factor, NA", "level", factor(c(NA, "lo"), levels = levels(fit$level))),
  probe("factor, ordered", "ordered", factor(c("hi", "mid"), levels = levels(fit$ordered), ordered = TRUE)),
  probe("a level that the model has not seen", "level", factor(c("lo", "new"), levels = c("lo", "new"))),
  probe("date", "date", as.Date(c("0001-01-01", "9999-12-31"))),
  probe("date, NA", "date", as.Date(c(NA, "2024-02-29"))),
  probe("time with a zone", "moment", as.POSIXct(c("2024-03-31 03:30:00.25", "2024-10-27 12:00:00"), tz = "Europe/Warsaw")),
  probe("time with a zone, NA", "moment", as.POSIXct(c(NA, "2024-10-27 12:00:00"), tz = "Europe/Warsaw"))
)

upload <- function(name, environment) {
  identity_model <- structure(list(m = list(predict = function(newdata) newdata)), class = "nls")
  environment(identity_model$m$predict) <- globalenv()
  data <- cbind(fit, target = 0)
  model_upload(
    identity_model, name, "Answers what it is asked", "target", "types", data,
    environment = environment, wait = TRUE
  )
}

texts_of <- function(values) {
  text <- if (is.double(values) && !is.object(values)) sprintf("%.17g", values) else as.character(values)
  text[is.na(values)] <- if (is.double(values) && !is.object(values)) ifelse(is.nan(values[is.na(values)]), "NaN", "NA") else "NA"
  text
}

# What came back of a column: "same"; the type, where only that differs; else the values.
compared <- function(sent, back) {
  if (identical(sent, back)) {
    return("same")
  }
  type <- class(back)[1]
  if (identical(texts_of(sent), texts_of(back))) {
    return(if (identical(class(sent), class(back))) "same" else type)
  }
  sprintf("%s of type %s", paste(texts_of(back), collapse = ", "), type)
}

asked <- function(name, one) {
  rows <- fit
  rows[[one$column]] <- one$values
  warned <- ""
  found <- tryCatch(
    withCallingHandlers(
      compared(one$values, model_predict(name, rows)[[match(one$column, names(fit))]]),
      warning = function(warning) {
        warned <<- ", with a warning"
        invokeRestart("muffleWarning")
      }
    ),
    weles_invalid_input = function(reason) {
      first <- reason$fields$problems[[1]]
      sprintf("refused: column %s, row %s", first$column, first$row)
    }
  )
  paste0(found, warned)
}

ask <- function(names) {
  labels <- vapply(probes, `[[`, "", "label")
  lapply(stats::setNames(names, names), function(name) {
    stats::setNames(lapply(probes, function(one) asked(name, one)), labels)
  })
}
