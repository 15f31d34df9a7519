FLAVOURS$lm <- list(
  packages = "stats", classes = "lm",
  exact = function(model, rows, threads) stats::predict(model, rows)
)
