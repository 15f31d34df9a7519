FLAVOURS$rpart <- list(
  packages = "rpart", classes = "rpart",
  exact = function(model, rows, threads) {
    stats::predict(model, rows, type = if (rpart_has_classes(model)) "class" else "vector")
  },
  has_prob = function(model) rpart_has_classes(model),
  prob = function(model, rows, threads) stats::predict(model, rows, type = "prob")
)

rpart_has_classes <- function(model) identical(model$method, "class")
