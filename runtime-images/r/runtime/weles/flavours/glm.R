# `exact` is the response; a binomial model of two levels also has `prob`.

FLAVOURS$glm <- list(
  packages = "stats", classes = "glm",
  exact = function(model, rows, threads) stats::predict(model, rows, type = "response"),
  has_prob = function(model) length(glm_classes(model)) == 2L,
  prob = function(model, rows, threads) {
    two_classes(stats::predict(model, rows, type = "response"), glm_classes(model))
  }
)

glm_classes <- function(model) {
  if (!identical(model$family$family, "binomial")) {
    return(character())
  }
  # A model without its frame or its data does not know its answers: then it has no `prob`.
  answer <- tryCatch(stats::model.response(stats::model.frame(model)), error = function(reason) matrix(0))
  if (!is.null(dim(answer))) character() else if (is.factor(answer)) levels(answer) else c("0", "1")
}
