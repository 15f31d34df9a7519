library(mlr3)
model <- lrn("regr.rpart")
data <- iris[, 1:4]
model$train(as_task_regr(data, target = "Sepal.Length"))
rows <- data[seq(1, 150, 9), 2:4]
keep(model, rows, model$predict_newdata(rows)$response)
