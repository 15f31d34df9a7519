library(mlr3)
check(load_model()$predict_newdata(golden()[, 1:3])$response)
