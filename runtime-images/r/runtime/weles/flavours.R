# Flavours by name. Each file of flavours/ adds its own, a list of
#   packages  to load before the model file is read
#   classes   of which the model must have one (none: any)
#   load      function(model): what its first prediction needs; may be missing
#   exact     function(model, rows, threads) -> a vector, matrix or data.frame; `rows` is a data.frame, `threads` may be NULL
#   has_prob  function(model) -> TRUE when it knows classes and their probabilities; may be missing
#   prob      function(model, rows, threads) -> a matrix or data.frame, its columns named by the classes

FLAVOURS <- new.env(parent = emptyenv())

find_flavour <- function(name) {
  found <- get0(name, FLAVOURS, inherits = FALSE)
  if (is.null(found)) {
    known <- sort(ls(FLAVOURS))
    contract_error(sprintf("unknown flavour '%s'; this runtime has %s", name, paste(known, collapse = ", ")))
  }
  found
}

# Columns for the second of two classes' probabilities alone.
two_classes <- function(second, classes) {
  matrix(c(1 - second, second), ncol = 2, dimnames = list(NULL, classes))
}

most_likely <- function(probabilities) {
  classes <- colnames(probabilities)
  factor(classes[max.col(probabilities, "first")], classes)
}

# A numeric matrix of these columns, in this order; of all when the model does not name its own.
columns_matrix <- function(rows, names) {
  if (length(names) && all(names %in% names(rows))) rows <- rows[names]
  data.matrix(rows)
}
