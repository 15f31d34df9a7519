# Golden rows: a few sample rows with the predictions that this session gives, for the lake to replay in the image.

GOLDEN_ROWS <- 20L

# At most `most` row numbers (from 1) of `rows`, evenly spread, the first and the last among them.
spread <- function(rows, most = GOLDEN_ROWS) {
  if (rows <= most) seq_len(rows) else round((seq_len(most) - 1) * (rows - 1) / (most - 1)) + 1
}

# The JSON text of {"rows": table, "exact": table, "prob": table or null}, tables in the typed split form.
golden_rows <- function(flavour, model, data, target) {
  if (!target %in% names(data)) {
    refuse(
      "invalid_input", sprintf("The data have no column \"%s\", which is said to be the target.", target),
      "Name the column that the model predicts; the data must have it.",
      available = as.list(names(data))
    )
  }
  if (!nrow(data)) {
    refuse("invalid_input", "The data have no rows.", "Give the data that the model was fitted on.")
  }
  rows <- data[spread(nrow(data)), names(data) != target, drop = FALSE]
  rownames(rows) <- NULL
  exact <- answers(asked(session_exact, flavour, model, rows), nrow(rows))
  prob <- asked(session_prob, flavour, model, rows)
  sprintf(
    "{\"rows\":%s,\"exact\":%s,\"prob\":%s}", table_json(table_of(rows)), table_json(exact),
    if (is.null(prob)) "null" else table_json(probabilities(prob, nrow(rows)))
  )
}

asked <- function(predict, flavour, model, rows) {
  tryCatch(predict(flavour, model, rows), error = function(reason) {
    refuse(
      "invalid_model",
      sprintf("The model cannot predict %d rows of its own data: %s", nrow(rows), conditionMessage(reason)),
      "Give as data the data.frame that the model was fitted on, with the target's column.",
      traceback = paste(deparse(conditionCall(reason)), collapse = "\n")
    )
  })
}

# One column `prediction`; of several, `prediction_0`, `prediction_1` ... each.
answers <- function(given, rows) {
  if (!is.data.frame(given)) given <- if (length(dim(given)) == 2) as.data.frame(unclass(given)) else plain_frame(given)
  names(given) <- if (ncol(given) == 1) "prediction" else paste0("prediction_", seq_along(given) - 1)
  if (!nrow(given) || nrow(given) != rows) {
    not_predictions(sprintf("The model gave %d predictions for %d rows.", nrow(given), rows))
  }
  tryCatch(table_of(given), weles_invalid_input = function(reason) not_predictions(conditionMessage(reason)))
}

plain_frame <- function(given) {
  if (is.list(given) && !inherits(given, "POSIXlt")) {
    not_predictions(sprintf("The model's predict gave an object of class %s.", class(given)[1]))
  }
  names(given) <- NULL
  if (length(dim(given)) == 1) given <- as.vector(given)
  data.frame(prediction = given, stringsAsFactors = FALSE)
}

not_predictions <- function(detail) {
  refuse(
    "invalid_model", detail,
    "Its predict has to give one number, text, factor level, TRUE/FALSE, date or timestamp for each row."
  )
}

# One numeric column for each class, named by it.
probabilities <- function(given, rows) {
  given <- as.data.frame(unclass(as.matrix(given)), optional = TRUE)
  if (nrow(given) != rows || !all(vapply(given, is.numeric, NA)) || is.null(names(given))) {
    not_predictions("The model's probabilities are not one number for each row and class.")
  }
  table_of(as.data.frame(lapply(given, function(column) as.double(unname(column))), optional = TRUE))
}
