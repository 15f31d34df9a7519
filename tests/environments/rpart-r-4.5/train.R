library(rpart)
model <- rpart(Sepal.Length ~ Sepal.Width + Petal.Length + Petal.Width, iris)
rows <- iris[seq(1, 150, 9), 2:4]
keep(model, rows, predict(model, rows))
