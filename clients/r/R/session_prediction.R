# What this session's model answers, as the lake's runtime will ask it: for each flavour `exact`, and `prob` with one
# column for each class, NULL where the model has none.

session_exact <- function(flavour, model, rows) {
  exact <- EXACT[[flavour]]
  if (is.null(exact)) stats::predict(model, rows) else exact(model, rows)
}

session_prob <- function(flavour, model, rows) {
  prob <- PROB[[flavour]]
  if (!is.null(prob)) prob(model, rows)
}

EXACT <- list(
  glm = function(model, rows) stats::predict(model, rows, type = "response"),
  ranger = function(model, rows) {
    predicted <- ranger_predictions(model, rows)
    if (model$treetype == "Probability estimation") most_likely(predicted) else predicted
  },
  rpart = function(model, rows) stats::predict(model, rows, type = if (model$method == "class") "class" else "vector"),
  glmnet = function(model, rows) {
    type <- if (length(glmnet_classes(model))) "class" else "response"
    # Not drop(): of one row and several answers it would make a column.
    given <- stats::predict(model, columns_matrix(rows, glmnet_columns(model)), type = type)
    if (length(dim(given)) == 3) matrix(given[, , 1], nrow(rows)) else given
  },
  xgboost = function(model, rows) {
    if (length(xgboost_levels(model))) stats::predict(model, rows, type = "class") else xgboost_response(model, rows)
  },
  mlr = function(model, rows) stats::predict(model, newdata = rows)$data$response,
  mlr3 = function(model, rows) model$predict_newdata(rows)$response,
  parsnip = function(model, rows) as.data.frame(stats::predict(model, rows))
)

PROB <- list(
  glm = function(model, rows) {
    classes <- glm_classes(model)
    if (length(classes) == 2) two_classes(stats::predict(model, rows, type = "response"), classes)
  },
  randomForest = function(model, rows) {
    if (model$type == "classification") stats::predict(model, rows, type = "prob")
  },
  ranger = function(model, rows) {
    if (model$treetype == "Probability estimation") ranger_predictions(model, rows)
  },
  rpart = function(model, rows) {
    if (model$method == "class") stats::predict(model, rows, type = "prob")
  },
  e1071 = function(model, rows) {
    if (inherits(model, "naiveBayes")) {
      return(stats::predict(model, rows, type = "raw"))
    }
    if (isTRUE(model$compprob)) attr(stats::predict(model, rows, probability = TRUE), "probabilities")
  },
  glmnet = function(model, rows) {
    classes <- glmnet_classes(model)
    if (!length(classes)) {
      return(NULL)
    }
    given <- stats::predict(model, columns_matrix(rows, glmnet_columns(model)), type = "response")
    if (length(classes) == 2) {
      return(two_classes(as.vector(given), classes))
    }
    matrix(given[, , 1], nrow(rows), dimnames = list(NULL, classes))
  },
  xgboost = function(model, rows) {
    classes <- xgboost_classes(model)
    if (length(classes) < 2) {
      return(NULL)
    }
    given <- xgboost_response(model, rows)
    if (length(classes) == 2 && is.null(dim(given))) {
      return(two_classes(as.vector(given), classes))
    }
    matrix(given, nrow(rows), dimnames = list(NULL, classes))
  },
  mlr = function(model, rows) {
    if (identical(model$learner$predict.type, "prob")) {
      classes <- model$task.desc$class.levels
      stats::setNames(stats::predict(model, newdata = rows)$data[paste0("prob.", classes)], classes)
    }
  },
  mlr3 = function(model, rows) {
    if (identical(model$predict_type, "prob")) model$predict_newdata(rows)$prob
  },
  caret = function(model, rows) {
    if (model$modelType == "Classification" && is.function(model$modelInfo$prob) && isTRUE(model$control$classProbs)) {
      stats::predict(model, rows, type = "prob")
    }
  },
  parsnip = function(model, rows) {
    spec <- if (inherits(model, "workflow")) model$fit$fit$spec else model$spec
    if (identical(spec$mode, "classification")) {
      given <- as.data.frame(stats::predict(model, rows, type = "prob"))
      stats::setNames(given, sub("^\\.pred_", "", names(given)))
    }
  }
)

ranger_predictions <- function(model, rows) {
  predicted <- stats::predict(model, data = rows)$predictions
  if (model$treetype == "Probability estimation" && is.null(dim(predicted))) {
    predicted <- matrix(predicted, nrow = nrow(rows), dimnames = list(NULL, names(predicted)))
  }
  predicted
}

most_likely <- function(probabilities) {
  classes <- colnames(probabilities)
  factor(classes[max.col(probabilities, "first")], classes)
}

two_classes <- function(second, classes) {
  matrix(c(1 - second, second), ncol = 2, dimnames = list(NULL, classes))
}

glm_classes <- function(model) {
  if (!identical(model$family$family, "binomial")) {
    return(character())
  }
  # A model without its frame or its data does not know its answers: then it has no `prob`.
  answer <- tryCatch(stats::model.response(stats::model.frame(model)), error = function(reason) matrix(0))
  if (!is.null(dim(answer))) character() else if (is.factor(answer)) levels(answer) else c("0", "1")
}

glmnet_fit <- function(model) {
  if (inherits(model, "cv.glmnet")) model$glmnet.fit else model
}

glmnet_classes <- function(model) {
  glmnet_fit(model)$classnames
}

glmnet_columns <- function(model) {
  beta <- glmnet_fit(model)$beta
  rownames(if (is.list(beta)) beta[[1]] else beta)
}

# A numeric matrix of these columns, in this order; of all when the model does not name its own.
columns_matrix <- function(rows, names) {
  if (length(names) && all(names %in% names(rows))) rows <- rows[names]
  data.matrix(rows)
}
