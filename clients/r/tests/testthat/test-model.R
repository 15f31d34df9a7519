notes <- c("stats==4.5.0  base: dropped; it is R's own", "MASS==7.3-65  recommended: left out")
accepted <- answer(json(model = "irises", version = 1, job = "j1", state = "queued", notes = notes), 202)
hash <- paste0("sha256:", strrep("a", 64))
linear <- lm(Sepal.Length ~ ., iris)

test_that("the prototype's call works as printed", {
  lake <- fake_lake("POST /models" = accepted)
  mod <- linear
  data <- iris
  said <- testthat::capture_messages(
    made <- model_upload(
      mod, "model_name", "This is an example model", "Sepal.Length", c("tag1", "tag2"), data, "example_data",
      "This is an example data"
    )
  )
  expect_match(said, "MASS", all = TRUE)
  expect_equal(made$notes, notes)
  expect_equal(unclass(made)[c("model", "version", "job", "state")], list(
    model = "irises", version = 1L, job = "j1", state = "queued"
  ))
  parts <- parts_of(asked_of(lake)[[1]])
  expect_setequal(names(parts), c("metadata", "model", "requirements", "golden", "data"))
  metadata <- parse_json(parts$metadata$body)
  expected <- list(
    name = "model_name", description = "This is an example model", target = "Sepal.Length",
    tags = list("tag1", "tag2"), flavour = "lm", format = "rds", language = "r",
    language_version = as.character(getRversion()), model_class = "lm",
    data_name = "example_data", data_description = "This is an example data"
  )
  expect_equal(metadata[names(expected)], expected)
  expect_equal(parts$requirements$type, "text/plain")
  expect_match(parts$requirements$body, "^# weles-r 1\n")
  expect_identical(frame_of(parse_json(parts$data$body)), iris)
  expect_equal(frame_of(parse_json(parts$golden$body)$rows)$Species, iris$Species[spread(150)])
})

test_that("one tag, or none, is a list too", {
  lake <- fake_lake("POST /models" = accepted)
  suppressMessages(model_upload(linear, "m", "", "Sepal.Length", "one", iris))
  suppressMessages(model_upload(linear, "m", "", "Sepal.Length", character(), iris))
  tags <- lapply(asked_of(lake), function(request) parse_json(parts_of(request)$metadata$body)$tags)
  expect_equal(tags, list(list("one"), list()))
})

test_that("a model may be an .rds file, sent as it is", {
  lake <- fake_lake("POST /models" = accepted)
  path <- withr::local_tempfile(fileext = ".rds")
  saveRDS(linear, path, compress = FALSE)
  suppressMessages(model_upload(path, "m", "", "Sepal.Length", "t", iris))
  saved <- paste(readBin(path, "raw", file.size(path)), collapse = "")
  expect_true(grepl(saved, paste(asked_of(lake)[[1]]$body, collapse = ""), fixed = TRUE))
})

test_that("files that are no model are refused by name", {
  fake_lake()
  refused <- function(path, said) {
    expect_error(model_upload(path, "m", "", "y", "t", iris), said, class = "weles_invalid_model")
  }
  refused("model.pkl", "rds")
  refused("gone.rds", "no file")
  refused(withr::local_tempfile(lines = "text", fileext = ".rds"), "cannot be read")
  table <- withr::local_tempfile(fileext = ".rds")
  saveRDS(iris, table)
  refused(table, "no predict method")
})

test_that("a .csv is stored first, and the golden rows have the lake's types", {
  lake <- fake_lake()
  path <- withr::local_tempfile(fileext = ".csv")
  write.csv(iris, path, row.names = FALSE)
  do.call(lake_answers, c(list(lake), stats::setNames(
    list(
      answer(sprintf("{\"hash\": \"%s\", \"rows\": 150, \"columns\": []}", hash), 201), accepted,
      answer("{\"rows\": 150, \"columns\": []}"), answer(table_json(table_of(iris)))
    ),
    c("POST /datasets", "POST /models", sprintf("GET /datasets/%s/info", hash), sprintf("GET /datasets/%s", hash))
  )))
  suppressMessages(model_upload(linear, "m", "", "Sepal.Length", "t", path))
  parts <- parts_of(asked_of(lake, "POST /models")[[1]])
  expect_false("data" %in% names(parts))
  expect_equal(parse_json(parts$metadata$body)$dataset, hash)
  suppressMessages(model_upload(linear, "m", "", "Sepal.Length", "t", hash))
  expect_length(asked_of(lake, "POST /datasets"), 1)
})

test_that("arguments that are misspelt are refused", {
  misspelt <- function() model_upload(linear, "m", "", "y", "t", iris, wiat = TRUE)
  expect_error(misspelt(), "does not know", class = "weles_invalid_request")
})

job <- function(state, phase, percent, ...) {
  answer(json(model = "m", version = 1, state = state, phase = phase, percent = percent, ...))
}

pending <- answer(json(name = "m", version = 1, state = "pending", job = "j1"))

test_that("the status is followed until it is ready", {
  fake_lake(
    "GET /models/m" = pending,
    "GET /jobs/j1" = list(job("running", "fetch", 20, detail = "ranger"), job("succeeded", "ready", 100))
  )
  lines <- testthat::capture_messages(status <- model_status("m"))
  expect_true(status$ready)
  expect_match(lines, "fetch \\(20%\\): ranger|ready \\(100%\\)")
  expect_output(print(status), "m version 1: succeeded")
})

test_that("how it is now needs no waiting", {
  fake_lake(
    "GET /models/m" = pending,
    "GET /jobs/j1" = job("running", "build", 60)
  )
  expect_equal(model_status("m", wait = FALSE)$percent, 60)
})

test_that("a failed upload is an error of its reason's classes too", {
  fake_lake(
    "POST /models" = accepted,
    "GET /jobs/j1" = job("failed", "fetch", 30, problem = list(
      type = "/problems/environment-failed", detail = "digest does not compile.", family = "caller",
      "next" = "Pin another.",
      diagnosis = list(package = "digest", line = "fatal error: zlib.h")
    )),
    "GET /jobs/j1/log" = answer("first line\nlast line", 200, list("Content-Type" = "text/plain"))
  )
  error <- tryCatch(
    suppressMessages(model_upload(linear, "m", "", "Sepal.Length", "t", iris, wait = TRUE)),
    weles_environment_failed = identity
  )
  expect_s3_class(error, c("weles_upload_failed", "weles_environment_failed", "weles_caller_error"))
  expect_match(conditionMessage(error), "fatal error: zlib.h")
  expect_match(conditionMessage(error), "last line")
  expect_match(conditionMessage(error), "Next: Pin another.")
})

prediction <- function(table) answer(sub("^\\{", "{\"model\": \"m\", \"version\": 1, ", table_json(table_of(table))))

column <- function(name, type, ...) list(name = name, type = type, ...)

test_that("predictions are a vector, a factor, or a data.frame of classes", {
  lake <- fake_lake("POST /models/m/predict" = list(
    prediction(data.frame(prediction = c(1.5, NaN))), prediction(data.frame(prediction = factor(c("b", "a")))),
    prediction(data.frame(a = c(0.25, 1), b = c(0.75, 0)))
  ))
  X <- data.frame(n = c(1, NA), s = c("x", "y"))
  expect_identical(model_predict("m", X), c(1.5, NaN))
  expect_identical(model_predict("m", X, version = 2), factor(c("b", "a")))
  expect_identical(model_predict("m", X, "prob"), data.frame(a = c(0.25, 1), b = c(0.75, 0)))
  asked <- asked_of(lake)
  expect_equal(rawToChar(asked[[1]]$body), "{\"columns\":[\"n\",\"s\"],\"data\":[[1,\"x\"],[null,\"y\"]]}")
  expect_equal(vapply(asked, `[[`, "", "query"), c("mode=exact", "mode=exact&version=2", "mode=prob"))
  expect_error(model_predict("m", X, "both"))
})

test_that("a matrix, a list of columns and a .csv can be predicted", {
  lake <- fake_lake(
    "POST /models/m/predict" = prediction(data.frame(prediction = 1)),
    "GET /models/m" = answer(json(inputs = list(column("b", "float64"), column("a", "float64"))))
  )
  body <- function() rawToChar(utils::tail(asked_of(lake, "POST /models/m/predict"), 1)[[1]]$body)
  model_predict("m", matrix(c(1, 2), 1))
  expect_equal(body(), "{\"columns\":[\"b\",\"a\"],\"data\":[[1,2]]}")
  model_predict("m", list(a = 1, b = 2))
  expect_equal(body(), "{\"columns\":[\"a\",\"b\"],\"data\":[[1,2]]}")
  path <- withr::local_tempfile(lines = c("a,b", "1,2"), fileext = ".csv")
  model_predict("m", path)
  expect_equal(body(), "a,b\n1,2\n")
  expect_error(model_predict("m", matrix(1, 1, 3)), "b, a", class = "weles_invalid_input")
  expect_error(model_predict("m", 1:3), "data.frame", class = "weles_invalid_input")
})

test_that("a time is sent as the clock reads where the model's column has no zone", {
  lake <- fake_lake(
    "POST /models/m/predict" = prediction(data.frame(prediction = 1)),
    "GET /models/m" = answer(json(inputs = list(column("a", "timestamp"), column("b", "timestamp", zone = "UTC"))))
  )
  noon <- as.POSIXct("2024-07-15 12:00:00", tz = "Europe/Warsaw")
  model_predict("m", data.frame(a = noon, b = noon))
  body <- rawToChar(asked_of(lake, "POST /models/m/predict")[[1]]$body)
  expect_match(body, "[[\"2024-07-15T12:00:00\",\"2024-07-15T10:00:00Z\"]]", fixed = TRUE)
})

test_that("the model's own error is raised with its traceback", {
  fake_lake("POST /models/m/predict" = problem(
    "model-raised", 502, "The model raised simpleError.", family = "model", traceback = "predict.lm(...)"
  ))
  error <- tryCatch(model_predict("m", iris), weles_model_error = identity)
  expect_s3_class(error, "weles_model_raised")
  expect_equal(error$fields$traceback, "predict.lm(...)")
})

test_that("what is known of a model, its packages and its neighbours", {
  fake_lake(
    "GET /models/m" = answer(json(
      name = "m", version = 2, versions = 1:2, owner = "ann", state = "ready", description = "", flavour = "lm",
      language = "r", language_version = "4.5.0", target = "y", tags = list(),
      inputs = list(column("x", "float64")), outputs = list(), environment = list(id = "sha256:e")
    )),
    "GET /environments/sha256:e" = answer(json(installed = list(jsonlite = "1.8.8", rpart = "4.1")))
  )
  info <- model_info("m")
  expect_equal(info$versions, 1:2)
  expect_output(print(info), "takes x (float64)", fixed = TRUE)
  expect_equal(model_requirements("m"), data.frame(package = c("jsonlite", "rpart"), version = c("1.8.8", "4.1")))
})
