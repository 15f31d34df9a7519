library(randomForest)
check(predict(load_model(), golden()[, 1:4]))
