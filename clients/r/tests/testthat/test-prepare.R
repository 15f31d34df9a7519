wanted <- c("sepal_length", "petal_width")

test_that("columns go by name, by name without case and punctuation, and by place", {
  expect_equal(column_places(c("x", "petal_width", "sepal_length"), wanted), c(3, 2))
  expect_equal(column_places(c("Petal.Width", "x", "SEPAL LENGTH"), wanted), c(3, 1))
  expect_equal(column_places(c("a", "b"), wanted), 1:2)
  # A name that is there twice is no name: by place, if there are as many.
  expect_equal(column_places(c("petal_width", "petal_width"), wanted), 1:2)
  # A column that is there by name never becomes another one.
  expect_error(column_places(c("petal_width", "b"), wanted), class = "weles_invalid_input")
  error <- tryCatch(column_places(c("a", "b", "petal.width"), wanted), weles_invalid_input = identity)
  expect_equal(error$fields$problems[[1]]$column, "sepal_length")
})

test_that("a .csv keeps its text", {
  lines <- c("\ufeffPetal.Width,other,\"Sepal.Length\"", "1.50,\"a \"\"b\"\", c\",001", ",x,\u017c")
  path <- withr::local_tempfile(fileext = ".csv")
  writeLines(lines, path, useBytes = TRUE)
  expect_equal(prepared_csv(path, wanted), "\"sepal_length\",\"petal_width\"\n\"001\",\"1.50\"\n\"\u017c\",\n")
})

test_that("a dataset's hash is asked about at once, or by a job", {
  hash <- paste0("sha256:", strrep("a", 64))
  job <- answer(json(id = "j", kind = "predict", model = "m", version = 1, state = "queued", phase = "queued"))
  lake <- fake_lake(
    "POST /models/m/predict" = answer(table_json(table_of(data.frame(prediction = c("a", "b"))))),
    "POST /models/m/predictions" = answer(json(job = "j"), 202), "GET /jobs/j" = job,
    "GET /models/m" = answer(json(inputs = list(list(name = "a", type = "float64"))))
  )
  expect_equal(model_predict("m", hash), c("a", "b"))
  expect_equal(rawToChar(asked_of(lake)[[1]]$body), json(dataset = hash))
  made <- model_predict("m", hash, "prob", version = "production", wait = FALSE, result_name = "guesses")
  expect_s3_class(made, "weles_job")
  asked <- asked_of(lake, "POST /models/m/predictions")[[1]]
  expect_equal(asked$query, "mode=prob&version=production&name=guesses")
  model_predict("m", data.frame(other = 1, A = 2), prepare_columns = TRUE)
  body <- rawToChar(utils::tail(asked_of(lake, "POST /models/m/predict"), 1)[[1]]$body)
  expect_equal(body, "{\"columns\":[\"a\"],\"data\":[[2]]}")
})
