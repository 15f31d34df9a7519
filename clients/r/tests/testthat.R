library(testthat)
library(weles)

test_check("weles")
