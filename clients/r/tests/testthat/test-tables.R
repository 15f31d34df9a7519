test_that("a data.frame comes back through the split form", {
  data <- data.frame(n = c(1.5, NA), s = c("a", "b"), stringsAsFactors = FALSE)
  data$`odd name` <- factor(c("x", "y"))
  expect_identical(frame_of(parse_json(table_json(table_of(data)))), data)
  expect_identical(frame_of(parse_json(table_json(table_of(iris)))), iris)
})

test_that("no rows and many rows are tables too", {
  expect_identical(frame_of(parse_json(table_json(table_of(iris[0, ])))), iris[0, ])
  many <- data.frame(n = seq_len(25001))
  expect_identical(frame_of(parse_json(table_json(table_of(many)))), many)
})

test_that("untyped tables have names alone", {
  both <- table_of(data.frame(a = 1, b = "x"))
  expect_equal(table_json(both, typed = FALSE), "{\"columns\":[\"a\",\"b\"],\"data\":[[1,\"x\"]]}")
  expect_equal(table_json(table_of(data.frame(a = 1)), typed = FALSE), "{\"columns\":[\"a\"],\"data\":[[1]]}")
})

test_that("tables without columns, or with doubled or empty names, are refused", {
  expect_error(table_of(data.frame()), class = "weles_invalid_input")
  expect_error(table_of(data.frame(a = 1, a = 2, check.names = FALSE)), "\"a\" is there more than once")
  expect_error(table_of(stats::setNames(data.frame(1), "")), class = "weles_invalid_input")
})

test_that("what is not a table of the lake is an unexpected answer", {
  field <- list(name = "a", type = "bool")
  untyped <- list(columns = list(field["name"]), data = list())
  ragged <- list(columns = list(field), data = list(1:2))
  for (document in list(list(), untyped, ragged)) {
    expect_error(frame_of(document), class = "weles_unexpected_answer")
  }
  expect_error(
    frame_of(parse_json("{\"columns\":[{\"name\":\"a\",\"type\":\"tensor\"}],\"data\":[[1]]}")),
    class = "weles_unexpected_answer"
  )
})
