# Fits of parsnip, and fitted workflows.

FLAVOURS$parsnip <- list(
  packages = "parsnip", classes = c("model_fit", "workflow"),
  load = function(model) {
    if (inherits(model, "workflow")) loadNamespace("workflows")
    for (package in parsnip_fit(model)$spec$method$libs) load_quietly(package)
  },
  exact = function(model, rows, threads) {
    given <- stats::predict(model, rows)
    if (ncol(given) == 1L) given[[1]] else given
  },
  has_prob = function(model) identical(parsnip_fit(model)$spec$mode, "classification"),
  prob = function(model, rows, threads) {
    given <- as.data.frame(stats::predict(model, rows, type = "prob"))
    stats::setNames(given, sub("^[.]pred_", "", names(given)))
  }
)

parsnip_fit <- function(model) if (inherits(model, "workflow")) model$fit$fit else model
