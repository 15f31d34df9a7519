library(e1071)
check(predict(load_model(), golden()[, 1:4]))
