FLAVOURS$mlr3 <- list(
  packages = "mlr3", classes = "Learner",
  load = function(model) for (package in model$packages) load_quietly(package),
  exact = function(model, rows, threads) model$predict_newdata(rows)$response,
  has_prob = function(model) identical(model$predict_type, "prob"),
  prob = function(model, rows, threads) model$predict_newdata(rows)$prob
)
