# How the lake shall load and call a model, and which package that takes.

FLAVOUR_PACKAGES <- c(
  lm = "stats", glm = "stats", randomForest = "randomForest", ranger = "ranger", rpart = "rpart", e1071 = "e1071",
  glmnet = "glmnet", xgboost = "xgboost", mlr = "mlr", mlr3 = "mlr3", caret = "caret", parsnip = "parsnip"
)

FLAVOUR_CLASSES <- list(
  mlr = "WrappedModel", mlr3 = "Learner", caret = "train", parsnip = c("model_fit", "workflow"),
  randomForest = "randomForest", ranger = "ranger", rpart = "rpart", e1071 = c("svm", "naiveBayes"),
  glmnet = c("glmnet", "cv.glmnet"), xgboost = c("xgb.Booster", "xgboost")
)

# The model's flavour; "r" for what just has a predict method. An error of class weles_invalid_model for what has none.
flavour_of <- function(model) {
  for (flavour in names(FLAVOUR_CLASSES)) {
    if (inherits(model, FLAVOUR_CLASSES[[flavour]])) {
      need_package(FLAVOUR_PACKAGES[[flavour]], sprintf("to call a model of class %s", class(model)[1]))
      return(flavour)
    }
  }
  # By the first class: what other packages build upon lm and glm has a predict of its own.
  if (identical(class(model), "lm")) {
    return("lm")
  }
  if (identical(class(model), c("glm", "lm"))) {
    return("glm")
  }
  check_predict(model)
  "r"
}

check_predict <- function(model) {
  for (class in c(class(model), if (isS4(model)) methods::is(model))) {
    found <- predict_method(class)
    if (is.null(found)) next
    if (identical(environment(found), globalenv())) {
      refuse(
        "invalid_model",
        sprintf("The model needs predict.%s(), which is defined in this session.", class),
        "Put it in a package that can be installed, load that, and fit the model again."
      )
    }
    return(invisible())
  }
  refuse(
    "invalid_model",
    sprintf("An object of class %s has no predict method.", paste(class(model), collapse = "/")),
    "Upload a fitted model; load the package that it was fitted with before you call model_upload()."
  )
}

predict_method <- function(class) {
  found <- utils::getS3method("predict", class, optional = TRUE, envir = globalenv())
  if (is.null(found) && methods::existsMethod("predict", class)) found <- methods::getMethod("predict", class)
  found
}
