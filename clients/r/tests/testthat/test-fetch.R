known <- function(...) {
  utils::modifyList(list(
    name = "m", version = 1, language = "r", language_version = r_version(), flavour = "lm", format = "rds",
    environment = list(packages = NULL)
  ), list(...))
}

test_that("a session differs by language, by R and by main packages", {
  expect_length(session_differences(known()), 0)
  expect_equal(session_differences(known(language = "python"))[[1]], list(
    what = "language", expected = "python", got = "r"
  ))
  other <- known(language_version = "3.6.1", environment = list(packages = list(jsonlite = "0.1", nowhere = "1.0")))
  found <- session_differences(other)
  expect_equal(vapply(found, `[[`, "", "what"), c("R", "jsonlite", "nowhere"))
  expect_equal(vapply(found, `[[`, "", "got"), c(
    minor_of(r_version()), as.character(utils::packageVersion("jsonlite")), "not installed"
  ))
  # Of a package that comes with R, R's version decides; but it has to be there.
  expect_length(session_differences(known(flavour = "rpart")), 0)
  expect_equal(session_differences(known(flavour = "mlr3"))[[1]]$got, "not installed")
})

test_that("nothing is fetched into a session that differs, and all that differs is said", {
  lake <- fake_lake("GET /models/m" = answer(json(
    name = "m", version = 1, language = "python", language_version = "3.11.2", flavour = "sklearn", sha256 = "sha256:0"
  )))
  error <- tryCatch(model_get("m"), weles_session_differs = identity)
  expect_s3_class(error, "weles_caller_error")
  expect_match(conditionMessage(error), "language: expected python, got r")
  expect_length(asked_of(lake), 1)
})

test_that("a model comes back, if its bytes are the ones that were uploaded", {
  file <- withr::local_tempfile()
  model <- lm(mpg ~ wt, mtcars)
  saveRDS(model, file)
  bytes <- readBin(file, "raw", file.size(file))
  document <- function(sha256) {
    answer(json(
      name = "m", version = 3, language = "r", language_version = r_version(), flavour = "lm", format = "rds",
      sha256 = sha256
    ))
  }
  right <- paste0("sha256:", cli::hash_file_sha256(file))
  sent <- structure(list(status = 200, headers = list(), body = bytes), class = "lake_answer")
  lake <- fake_lake("GET /models/m" = list(document(right), document(right), document("sha256:0")),
    "GET /models/m/file" = sent
  )
  expect_equal(coef(model_get("m", "production")), coef(model))
  expect_equal(asked_of(lake, "GET /models/m/file")[[1]]$query, "version=3")
  folder <- withr::local_tempdir()
  kept <- model_download("m", folder)
  expect_equal(basename(kept), "m-3.rds")
  expect_equal(readBin(kept, "raw", 1e6), bytes)
  unlink(kept)
  expect_error(model_download("m", folder), "hash is another", class = "weles_unexpected_answer")
  expect_length(list.files(folder, all.files = TRUE, no.. = TRUE), 0)
  expect_error(model_download("m", "/no/folder/m.rds"), class = "weles_invalid_request")
})

test_that("a dataset is written as a file of the form that its name says", {
  lake <- fake_lake("GET /datasets/h" = answer("a\n1\n"))
  path <- withr::local_tempfile(fileext = ".csv")
  expect_equal(readLines(dataset_download("h", path)), c("a", "1"))
  expect_equal(asked_of(lake)[[1]]$headers$accept, "text/csv")
  expect_error(dataset_download("h", "data.xlsx"), ".parquet", class = "weles_invalid_input")
})
