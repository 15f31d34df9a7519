# models.R FOLDER: fits models of every flavour that is installed, saves each as FOLDER/NAME.rds, and beside it, as
# FOLDER/NAME.json, what this session knows of it: flavour, typed inputs, sample rows, exact and prob, and what the R
# client, whose files are in FOLDER/client, takes for exact and prob.

folder <- commandArgs(TRUE)[1]
set.seed(7)
client <- new.env()
for (file in list.files(file.path(folder, "client"), full.names = TRUE)) sys.source(file, client)

text_json <- function(texts) paste0("\"", gsub("([\"\\\\])", "\\\\\\1", texts), "\"")

values_json <- function(values) {
  texts <- if (is.factor(values) || is.character(values)) {
    text_json(as.character(values))
  } else if (is.logical(values)) {
    tolower(values)
  } else {
    sprintf("%.17g", values)
  }
  texts[is.na(values)] <- "null"
  paste0("[", paste(texts, collapse = ","), "]")
}

columns_json <- function(table) {
  values <- vapply(seq_along(table), function(each) values_json(table[[each]]), "")
  paste0("{", paste0(text_json(names(table)), ":", values, collapse = ","), "}")
}

field_json <- function(name, values) {
  type <- if (is.factor(values)) "categorical" else switch(typeof(values), double = "float64", integer = "int32")
  levels <- if (is.factor(values)) sprintf(",\"levels\":[%s]", paste(text_json(levels(values)), collapse = ","))
  sprintf("{\"name\":%s,\"type\":\"%s\"%s}", text_json(name), type, if (is.null(levels)) "" else levels)
}

exact_json <- function(exact) {
  columns <- if (is.null(dim(exact))) list(unname(exact)) else as.list(as.data.frame(unclass(exact)))
  names(columns) <- if (length(columns) == 1) "prediction" else paste0("prediction_", seq_along(columns) - 1)
  columns_json(columns)
}

prob_json <- function(prob) {
  if (is.null(prob)) "null" else columns_json(as.list(as.data.frame(unclass(prob), optional = TRUE)))
}

keep <- function(name, flavour, model, rows, exact, prob = NULL) {
  rownames(rows) <- NULL
  fields <- vapply(names(rows), function(column) field_json(column, rows[[column]]), "")
  document <- sprintf(
    "{\"flavour\":\"%s\",\"inputs\":[%s],\"rows\":%s,\"exact\":%s,\"prob\":%s,\"client\":{\"exact\":%s,\"prob\":%s}}",
    flavour, paste(fields, collapse = ","), columns_json(rows), exact_json(exact), prob_json(prob),
    exact_json(client$session_exact(flavour, model, rows)), prob_json(client$session_prob(flavour, model, rows))
  )
  saveRDS(model, file.path(folder, paste0(name, ".rds")))
  writeLines(document, file.path(folder, paste0(name, ".json")), useBytes = TRUE)
}

have <- function(package) requireNamespace(package, quietly = TRUE)

cars <- mtcars
cars$cyl <- factor(cars$cyl)
cars$gear <- as.integer(cars$gear)
cars$am <- factor(cars$am, labels = c("automatic", "manual gear"))
some <- cars[seq(1, 32, 3), ]
flowers <- iris[seq(1, 150, 11), 1:4]
two <- droplevels(iris[iris$Species != "setosa", ])

m <- lm(mpg ~ wt + cyl + gear, cars)
rows <- some[c("wt", "cyl", "gear")]
keep("lm", "lm", m, rows, predict(m, rows))

m <- lm(cbind(mpg, qsec) ~ wt + cyl, cars)
rows <- some[c("wt", "cyl")]
keep("lm-of-two-answers", "r", m, rows, structure(predict(m, rows), dimnames = list(NULL, c("prediction_0", "prediction_1"))))

m <- glm(am ~ wt + hp, binomial, cars)
rows <- some[c("wt", "hp")]
p <- predict(m, rows, type = "response")
keep("glm", "glm", m, rows, p, cbind(automatic = 1 - p, "manual gear" = p))

m <- glm(gear ~ wt + hp, poisson, cars)
keep("glm-poisson", "glm", m, rows, predict(m, rows, type = "response"))

m <- loess(mpg ~ wt, mtcars)
keep("loess", "r", m, some["wt"], predict(m, some["wt"]))

if (have("nnet")) {
  m <- nnet::nnet(mpg ~ wt + hp, mtcars, size = 2, linout = TRUE, trace = FALSE)
  keep("nnet", "r", m, rows, predict(m, rows))
}

if (have("randomForest")) {
  m <- randomForest::randomForest(Species ~ ., iris, ntree = 50)
  keep("randomForest", "randomForest", m, flowers, predict(m, flowers), predict(m, flowers, type = "prob"))
  m <- randomForest::randomForest(mpg ~ wt + cyl, cars, ntree = 50)
  keep("randomForest-regression", "randomForest", m, some[c("wt", "cyl")], predict(m, some[c("wt", "cyl")]))
}

if (have("ranger")) {
  m <- ranger::ranger(Species ~ ., iris, num.trees = 50, probability = TRUE)
  p <- predict(m, flowers)$predictions
  keep("ranger", "ranger", m, flowers, factor(colnames(p)[apply(p, 1, which.max)], colnames(p)), p)
  m <- ranger::ranger(Species ~ ., iris, num.trees = 50)
  keep("ranger-classification", "ranger", m, flowers, predict(m, flowers)$predictions)
  m <- ranger::ranger(mpg ~ wt + hp, mtcars, num.trees = 50)
  keep("ranger-regression", "ranger", m, rows, predict(m, rows)$predictions)
}

if (have("rpart")) {
  m <- rpart::rpart(Species ~ ., iris)
  keep("rpart", "rpart", m, flowers, predict(m, flowers, type = "class"), predict(m, flowers))
  m <- rpart::rpart(mpg ~ wt + cyl, cars)
  keep("rpart-regression", "rpart", m, some[c("wt", "cyl")], predict(m, some[c("wt", "cyl")]))
}

if (have("e1071")) {
  m <- e1071::svm(Species ~ ., iris, probability = TRUE)
  p <- attr(predict(m, flowers, probability = TRUE), "probabilities")
  keep("svm", "e1071", m, flowers, predict(m, flowers), p)
  m <- e1071::svm(mpg ~ wt + hp, mtcars)
  keep("svm-regression", "e1071", m, rows, predict(m, rows))
  m <- e1071::naiveBayes(Species ~ ., iris)
  keep("naiveBayes", "e1071", m, flowers, predict(m, flowers), predict(m, flowers, type = "raw"))
}

if (have("glmnet")) {
  x <- as.matrix(mtcars[c("wt", "hp", "qsec")])
  rows3 <- some[c("qsec", "wt", "hp")]
  m <- glmnet::glmnet(x, mtcars$mpg, lambda = 0.1)
  keep("glmnet", "glmnet", m, rows3, drop(predict(m, as.matrix(rows3[colnames(x)]))))
  m <- glmnet::cv.glmnet(as.matrix(two[1:4]), two$Species, family = "binomial")
  f <- two[seq(1, 100, 9), 1:4]
  p <- drop(predict(m, as.matrix(f), type = "response"))
  keep("glmnet-cv-binomial", "glmnet", m, f, drop(predict(m, as.matrix(f), type = "class")),
    cbind(versicolor = 1 - p, virginica = p))
  m <- glmnet::glmnet(as.matrix(iris[1:4]), iris$Species, family = "multinomial", lambda = 0.01)
  p <- predict(m, as.matrix(flowers), type = "response")[, , 1]
  keep("glmnet-multinomial", "glmnet", m, flowers, drop(predict(m, as.matrix(flowers), type = "class")), p)
}

if (have("mlr")) {
  task <- mlr::makeClassifTask(data = iris, target = "Species")
  m <- mlr::train(mlr::makeLearner("classif.randomForest", predict.type = "prob", ntree = 50), task)
  p <- predict(m, newdata = flowers)
  keep("mlr", "mlr", m, flowers, mlr::getPredictionResponse(p), mlr::getPredictionProbabilities(p, levels(iris$Species)))
  m <- mlr::train(mlr::makeLearner("regr.rpart"), mlr::makeRegrTask(data = mtcars, target = "mpg"))
  r <- some[setdiff(names(mtcars), c("mpg", "cyl", "gear", "am"))]
  m <- mlr::train(mlr::makeLearner("regr.rpart"), mlr::makeRegrTask(data = mtcars[c("mpg", names(r))], target = "mpg"))
  keep("mlr-regression", "mlr", m, r, mlr::getPredictionResponse(predict(m, newdata = r)))
}

if (have("caret")) {
  control <- caret::trainControl("none", classProbs = TRUE)
  m <- caret::train(Species ~ ., iris, method = "rf", trControl = control, tuneGrid = data.frame(mtry = 2), ntree = 50)
  keep("caret", "caret", m, flowers, predict(m, flowers), predict(m, flowers, type = "prob"))
  m <- caret::train(mpg ~ wt + hp, mtcars, method = "lm", trControl = caret::trainControl("none"))
  keep("caret-regression", "caret", m, rows, predict(m, rows))
}

if (have("xgboost")) {
  features <- c("Petal.Width", "Sepal.Length", "Petal.Length") # not in the order in which they are sent
  boost <- function(objective, rows, label, ...) {
    data <- xgboost::xgb.DMatrix(as.matrix(rows[features]), label = label)
    xgboost::xgb.train(list(objective = objective, nthread = 1, ...), data, nrounds = 5)
  }
  f <- two[seq(1, 100, 9), 1:4]
  m <- boost("binary:logistic", two, as.integer(two$Species) - 1L)
  p <- predict(m, as.matrix(f[features]))
  keep("xgboost-binary", "xgboost", m, f, p, cbind("0" = 1 - p, "1" = p))
  m <- boost("multi:softprob", iris, as.integer(iris$Species) - 1L, num_class = 3)
  p <- predict(m, as.matrix(flowers[features]))
  keep("xgboost-multi", "xgboost", m, flowers, structure(p, dimnames = list(NULL, paste0("prediction_", 0:2))),
    structure(p, dimnames = list(NULL, 0:2)))
  m <- boost("reg:squarederror", iris, iris$Sepal.Width)
  keep("xgboost-regression", "xgboost", m, flowers, predict(m, as.matrix(flowers[features])))
  m <- xgboost::xgboost(iris[1:4], iris$Species, nrounds = 5, nthreads = 1)
  keep("xgboost-levels", "xgboost", m, flowers, predict(m, flowers, type = "class"), predict(m, flowers))
  m <- xgboost::xgboost(two[1:4], two$Species, nrounds = 5, nthreads = 1)
  p <- unname(predict(m, f))
  keep("xgboost-two-levels", "xgboost", m, f, predict(m, f, type = "class"), cbind(versicolor = 1 - p, virginica = p))
}
