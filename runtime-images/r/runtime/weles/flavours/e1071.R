# Support vector machines have `prob` when they were fitted with probability = TRUE; naive Bayes always.

FLAVOURS$e1071 <- list(
  packages = "e1071", classes = c("svm", "naiveBayes"),
  exact = function(model, rows, threads) stats::predict(model, rows),
  has_prob = function(model) inherits(model, "naiveBayes") || isTRUE(model$compprob),
  prob = function(model, rows, threads) {
    if (inherits(model, "naiveBayes")) {
      return(stats::predict(model, rows, type = "raw"))
    }
    attr(stats::predict(model, rows, probability = TRUE), "probabilities")
  }
)
