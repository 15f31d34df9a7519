library(rpart)
stopifnot(packageVersion("xml2") >= "1.3")
check(predict(load_model(), golden()[, 1:3]))
