# What a model of xgboost is asked for, and which classes it knows; as the lake's runtime does it.

xgboost_response <- function(model, rows) {
  if (inherits(model, "xgboost")) {
    return(stats::predict(model, rows))
  }
  given <- stats::predict(model, columns_matrix(rows, xgboost_columns(model)))
  if (is.null(dim(given)) && length(given) > nrow(rows) && length(given) %% nrow(rows) == 0) {
    # Older ones give the rows one after another.
    given <- matrix(given, nrow = nrow(rows), byrow = TRUE)
  }
  given
}

# Before xgboost 2 a booster is a list that names its features.
xgboost_columns <- function(model) {
  if (!is.null(model$feature_names)) {
    return(model$feature_names)
  }
  tryCatch(stats::variable.names(model), error = function(reason) NULL)
}

xgboost_levels <- function(model) {
  attr(model, "metadata")$y_levels
}

xgboost_classes <- function(model) {
  if (length(xgboost_levels(model))) {
    return(xgboost_levels(model))
  }
  params <- if (is.null(model$params)) attr(model, "params") else model$params
  switch(paste(params$objective),
    "binary:logistic" = c("0", "1"),
    "multi:softprob" = as.character(seq_len(params$num_class) - 1L),
    character()
  )
}
