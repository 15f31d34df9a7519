# It takes a numeric matrix of its features. A booster knows no names of classes: it has no `prob`, and of
# multi:softprob `exact` gives one column for each class.

FLAVOURS$xgboost <- list(
  packages = "xgboost", classes = c("xgb.Booster", "xgboost"),
  exact = function(model, rows, threads) {
    given <- stats::predict(model, columns_matrix(rows, model$feature_names))
    if (is.null(dim(given)) && length(given) > nrow(rows) && length(given) %% nrow(rows) == 0L) {
      # Older ones give the rows one after another.
      given <- matrix(given, nrow = nrow(rows), byrow = TRUE)
    }
    given
  }
)
