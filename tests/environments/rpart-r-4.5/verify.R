library(rpart)
stopifnot(packageVersion("bit64") == "4.6.0.1")
check(predict(load_model(), golden()[, 1:3]))
