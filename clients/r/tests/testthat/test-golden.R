golden_of <- function(model, data, target) {
  document <- parse_json(golden_rows(flavour_of(model), model, data, target))
  lapply(document, function(table) if (!is.null(table)) frame_of(table))
}

chosen <- spread(nrow(iris))

test_that("rows are spread evenly from the first to the last", {
  for (rows in c(1, 2, 19, 20, 21, 178, 100001)) {
    found <- spread(rows)
    expect_equal(anyDuplicated(found), 0)
    expect_equal(c(length(found), found[1], utils::tail(found, 1)), c(min(rows, 20), 1, rows))
    expect_lte(diff(range(diff(found), if (rows > 1) diff(found) else 0)), 1)
  }
})

test_that("lm and glm answer as this session does", {
  linear <- lm(Sepal.Length ~ ., iris)
  golden <- golden_of(linear, iris, "Sepal.Length")
  expect_equal(golden$exact$prediction, unname(predict(linear, iris[chosen, ])), tolerance = 0)
  expect_equal(names(golden$rows), setdiff(names(iris), "Sepal.Length"))
  expect_null(golden$prob)

  cars <- transform(mtcars, am = factor(am, labels = c("automatic", "manual")))
  logit <- suppressWarnings(glm(am ~ wt + hp, binomial, cars))
  golden <- golden_of(logit, cars, "am")
  given <- unname(predict(logit, cars[spread(32), ], type = "response"))
  expect_equal(golden$exact$prediction, given, tolerance = 0)
  expect_equal(golden$prob$manual, given, tolerance = 0)
  expect_equal(golden$prob$automatic, 1 - given, tolerance = 0)
})

test_that("forests, trees and machines answer with classes and their probabilities", {
  fits <- list(
    randomForest = function() randomForest::randomForest(Species ~ ., iris, ntree = 10),
    rpart = function() rpart::rpart(Species ~ ., iris),
    e1071 = function() e1071::svm(Species ~ ., iris, probability = TRUE),
    e1071 = function() e1071::naiveBayes(Species ~ ., iris),
    ranger = function() ranger::ranger(Species ~ ., iris, num.trees = 10, probability = TRUE, num.threads = 1)
  )
  for (index in seq_along(fits)) {
    package <- names(fits)[index]
    skip_if_not_installed(package)
    model <- fits[[index]]()
    expect_equal(flavour_of(model), package)
    golden <- golden_of(model, iris, "Species")
    expect_s3_class(golden$exact$prediction, "factor")
    expect_gt(mean(golden$exact$prediction == iris$Species[chosen]), 0.9)
    expect_setequal(names(golden$prob), levels(iris$Species))
    expect_equal(rowSums(golden$prob), rep(1, 20), ignore_attr = TRUE)
    likely <- names(golden$prob)[max.col(golden$prob, "first")]
    expect_gt(mean(likely == golden$exact$prediction), 0.9)
  }
})

test_that("glmnet, caret and mlr answer as this session does", {
  skip_if_not_installed("glmnet")
  features <- as.matrix(iris[1:4])
  multinomial <- glmnet::glmnet(features, iris$Species, "multinomial", lambda = 0.01)
  golden <- golden_of(multinomial, iris[c(5, 4:1)], "Species")
  expect_equal(golden$exact$prediction, as.vector(predict(multinomial, features[chosen, ], type = "class")))
  given <- predict(multinomial, features[chosen, ], type = "response")[, , 1]
  expect_equal(as.matrix(golden$prob), given, tolerance = 0, ignore_attr = "dimnames")
  skip_if_not_installed("caret")
  tree <- caret::train(Species ~ ., iris, "rpart", trControl = caret::trainControl("none", classProbs = TRUE))
  expect_equal(flavour_of(tree), "caret")
  golden <- golden_of(tree, iris, "Species")
  expect_identical(golden$exact$prediction, predict(tree, iris[chosen, ]))
  expect_equal(golden$prob, predict(tree, iris[chosen, ], type = "prob"), tolerance = 0, ignore_attr = TRUE)
  skip_if_not_installed("mlr")
  task <- mlr::makeClassifTask(data = iris, target = "Species")
  wrapped <- suppressWarnings(mlr::train(mlr::makeLearner("classif.rpart", predict.type = "prob"), task))
  expect_equal(flavour_of(wrapped), "mlr")
  golden <- golden_of(wrapped, iris, "Species")
  given <- predict(wrapped, newdata = iris[chosen, 1:4])
  expect_identical(golden$exact$prediction, given$data$response)
  expect_equal(golden$prob, mlr::getPredictionProbabilities(given), tolerance = 0, ignore_attr = TRUE)
})

test_that("a forest without probabilities has none, and a regression is a number", {
  skip_if_not_installed("ranger")
  plain <- ranger::ranger(Species ~ ., iris, num.trees = 5, num.threads = 1)
  expect_null(golden_of(plain, iris, "Species")$prob)
  skip_if_not_installed("randomForest")
  regression <- randomForest::randomForest(mpg ~ ., mtcars, ntree = 5)
  golden <- golden_of(regression, mtcars, "mpg")
  expect_type(golden$exact$prediction, "double")
  expect_null(golden$prob)
})

test_that("several targets are several columns", {
  both <- lm(cbind(mpg, hp) ~ wt, mtcars)
  expect_equal(flavour_of(both), "r")
  expect_equal(names(golden_of(both, mtcars, "mpg")$exact), c("prediction_0", "prediction_1"))
})

test_that("what cannot be replayed is refused before anything is sent", {
  linear <- lm(Sepal.Length ~ ., iris)
  expect_error(golden_rows("lm", linear, iris, "gone"), "Sepal.Width", class = "weles_invalid_input")
  expect_error(golden_rows("lm", linear, iris[0, ], "Species"), "no rows", class = "weles_invalid_input")
  expect_error(golden_rows("lm", linear, iris[-2], "Sepal.Length"), "Sepal.Width", class = "weles_invalid_model")
})

test_that("an object without a predict of a package is no model", {
  expect_error(flavour_of(data.frame()), "no predict method", class = "weles_invalid_model")
  expect_error(flavour_of(structure(list(), class = "nothing_known")), class = "weles_invalid_model")
  assign("predict.made_here", eval(quote(function(object, ...) 1), globalenv()), globalenv())
  withr::defer(rm("predict.made_here", envir = globalenv()))
  made_here <- structure(list(), class = "made_here")
  expect_error(flavour_of(made_here), "defined in this session", class = "weles_invalid_model")
  expect_equal(flavour_of(loess(mpg ~ wt, mtcars)), "r")
})
