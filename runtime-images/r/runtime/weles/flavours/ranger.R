FLAVOURS$ranger <- list(
  packages = "ranger", classes = "ranger",
  exact = function(model, rows, threads) {
    predicted <- ranger_predictions(model, rows, threads)
    if (ranger_has_classes(model)) most_likely(predicted) else predicted
  },
  has_prob = function(model) ranger_has_classes(model),
  prob = function(model, rows, threads) ranger_predictions(model, rows, threads)
)

ranger_has_classes <- function(model) identical(model$treetype, "Probability estimation")

ranger_predictions <- function(model, rows, threads) {
  # Its own default is all the machine's cores: it cannot see the container's limit.
  predicted <- stats::predict(model, data = rows, num.threads = if (is.null(threads)) 1L else threads)$predictions
  if (ranger_has_classes(model) && is.null(dim(predicted))) {
    predicted <- matrix(predicted, nrow = nrow(rows), dimnames = list(NULL, names(predicted)))
  }
  predicted
}
