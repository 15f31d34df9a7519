# What a model gave -> a named list of columns that the contract knows, as many rows as were asked about.

# Column "prediction", or prediction_0, prediction_1 ... when there are several.
exact_table <- function(given, rows) {
  columns <- if (is.data.frame(given)) {
    unclass(given)
  } else if (length(dim(given)) == 2L) {
    lapply(seq_len(ncol(given)), function(column) as.vector(given[, column]))
  } else {
    list(given)
  }
  names <- if (length(columns) == 1L) "prediction" else sprintf("prediction_%d", seq_along(columns) - 1L)
  table_of(names, lapply(columns, answer_vector), rows)
}

# One float64 column for each class, named by its label.
probability_table <- function(given, rows) {
  if (is.data.frame(given)) given <- as.matrix(given)
  if (length(dim(given)) != 2L || !is.numeric(given) || is.null(colnames(given))) {
    not_a_prediction("the model gave no matrix of probabilities with the classes as its columns")
  }
  table_of(colnames(given), lapply(seq_len(ncol(given)), function(column) as.double(given[, column])), rows)
}

# A vector with nothing but what its type needs.
answer_vector <- function(values) {
  if (inherits(values, "POSIXlt")) values <- as.POSIXct(values)
  if (length(dim(values)) == 1L) values <- as.vector(values)
  if (is.object(values) && !inherits(values, c("factor", "Date", "POSIXct", "integer64"))) values <- unclass(values)
  if (is.null(wire_type(values))) {
    not_a_prediction(sprintf("the model gave a %s, not a value for each row", paste(class(values), collapse = "/")))
  }
  values
}

table_of <- function(names, columns, rows) {
  if (!length(columns) || any(lengths(columns) != rows) || anyDuplicated(names)) {
    counts <- paste(unique(lengths(columns)), collapse = ", ")
    not_a_prediction(sprintf("the model gave %s answers for %d rows", counts, rows))
  }
  names(columns) <- names
  columns
}
