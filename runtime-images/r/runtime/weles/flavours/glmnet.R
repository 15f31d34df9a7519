# It takes a numeric matrix: the columns that its coefficients name, in their order.

FLAVOURS$glmnet <- list(
  packages = "glmnet", classes = c("glmnet", "cv.glmnet"),
  exact = function(model, rows, threads) {
    type <- if (length(glmnet_classes(model))) "class" else "response"
    # Not drop(): of one row and several answers it would make a column.
    given <- stats::predict(model, columns_matrix(rows, glmnet_columns(model)), type = type)
    if (length(dim(given)) == 3L) matrix(given[, , 1L], nrow(rows)) else given
  },
  has_prob = function(model) length(glmnet_classes(model)) > 0L,
  prob = function(model, rows, threads) {
    classes <- glmnet_classes(model)
    given <- stats::predict(model, columns_matrix(rows, glmnet_columns(model)), type = "response")
    if (length(classes) == 2L) {
      return(two_classes(as.vector(given), classes))
    }
    matrix(given[, , 1L], nrow(rows), dimnames = list(NULL, classes))
  }
)

glmnet_fit <- function(model) if (inherits(model, "cv.glmnet")) model$glmnet.fit else model

glmnet_classes <- function(model) glmnet_fit(model)$classnames

glmnet_columns <- function(model) {
  beta <- glmnet_fit(model)$beta
  rownames(if (is.list(beta)) beta[[1]] else beta)
}
