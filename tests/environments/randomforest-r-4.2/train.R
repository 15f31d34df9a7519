library(randomForest)
set.seed(1)
model <- randomForest(Species ~ ., iris, ntree = 30)
rows <- iris[seq(1, 150, 9), 1:4]
keep(model, rows, predict(model, rows))
