FLAVOURS$randomForest <- list(
  packages = "randomForest", classes = "randomForest",
  exact = function(model, rows, threads) stats::predict(model, rows),
  has_prob = function(model) identical(model$type, "classification"),
  prob = function(model, rows, threads) stats::predict(model, rows, type = "prob")
)
