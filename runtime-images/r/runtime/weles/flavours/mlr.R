FLAVOURS$mlr <- list(
  packages = "mlr", classes = "WrappedModel",
  load = function(model) for (package in model$learner$package) load_quietly(package),
  exact = function(model, rows, threads) stats::predict(model, newdata = rows)$data$response,
  has_prob = function(model) identical(model$learner$predict.type, "prob"),
  prob = function(model, rows, threads) {
    classes <- model$task.desc$class.levels
    stats::setNames(stats::predict(model, newdata = rows)$data[paste0("prob.", classes)], classes)
  }
)

# A learner's list of packages marks some of them ("!kernlab", "_stats"): how they shall be attached.
load_quietly <- function(package) requireNamespace(sub("^[!_]", "", package), quietly = TRUE)
