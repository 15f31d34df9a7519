FLAVOURS$caret <- list(
  packages = "caret", classes = "train",
  load = function(model) for (package in model$modelInfo$library) load_quietly(package),
  exact = function(model, rows, threads) stats::predict(model, rows),
  has_prob = function(model) {
    identical(model$modelType, "Classification") && is.function(model$modelInfo$prob) &&
      isTRUE(model$control$classProbs)
  },
  prob = function(model, rows, threads) stats::predict(model, rows, type = "prob")
)
