# A booster takes a numeric matrix of its features, and has numbers for classes: 0, 1 ...; what the function xgboost() of
# xgboost 3 gives takes a data.frame and knows its levels: then `exact` is the likeliest of them.

FLAVOURS$xgboost <- list(
  packages = "xgboost", classes = c("xgb.Booster", "xgboost"),
  exact = function(model, rows, threads) {
    if (length(xgboost_levels(model))) stats::predict(model, rows, type = "class") else xgboost_response(model, rows)
  },
  has_prob = function(model) length(xgboost_classes(model)) > 1L,
  prob = function(model, rows, threads) {
    classes <- xgboost_classes(model)
    given <- xgboost_response(model, rows)
    if (length(classes) == 2L && is.null(dim(given))) {
      return(two_classes(as.vector(given), classes))
    }
    matrix(given, nrow(rows), dimnames = list(NULL, classes))
  }
)

xgboost_response <- function(model, rows) {
  if (inherits(model, "xgboost")) {
    return(stats::predict(model, rows))
  }
  given <- stats::predict(model, columns_matrix(rows, xgboost_columns(model)))
  if (is.null(dim(given)) && length(given) > nrow(rows) && length(given) %% nrow(rows) == 0L) {
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

xgboost_levels <- function(model) attr(model, "metadata")$y_levels

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
