explanation <- function(...) answer(json(id = "e", model = "m", version = 2, data = list(...)))

lake_of <- function(explained, env = parent.frame()) {
  fake_lake(
    "POST /models/m/explanations" = answer(json(job = "j"), 202),
    "GET /jobs/j" = answer(json(
      id = "j", kind = "explain", model = "m", version = 2, state = "succeeded", phase = "done",
      result = list(explanation = "e")
    )),
    "GET /explanations/e" = explained, env = env
  )
}

test_that("contributions are a line for each row and variable; rows count from 1", {
  contributions <- list(
    list(variable = "a", value = 1.5, contribution = 0.25), list(variable = "b", value = "x", contribution = -0.5)
  )
  lake <- lake_of(explanation(kind = "shap", rows = list(list(contributions = contributions))))
  expect_message(why <- model_explain("m", row_numbers = 3, class_name = "yes"), "explain m version 2")
  expect_equal(as.data.frame(why), data.frame(
    row = 1L, variable = c("a", "b"), value = c("1.5", "x"), contribution = c(0.25, -0.5)
  ))
  sent <- parse_json(rawToChar(asked_of(lake, "POST /models/m/explanations")[[1]]$body))
  expect_equal(sent, list(kind = "shap", row_numbers = list(2), class = "yes", seed = 0))
  expect_output(print(why), "shap of m version 2")
})

test_that("rows are sent as the model's columns", {
  lake <- lake_of(explanation(kind = "break_down", rows = list(list(contributions = list()))))
  suppressMessages(model_explain("m", "break_down", rows = data.frame(a = 0.1 + 0.2, b = "x"), repetitions = 2))
  sent <- rawToChar(asked_of(lake, "POST /models/m/explanations")[[1]]$body)
  expect_match(sent, "\"rows\":{\"columns\":[\"a\",\"b\"],\"data\":[[0.30000000000000004,\"x\"]]}", fixed = TRUE)
  expect_error(model_explain("m", rows = "rows.csv"), class = "weles_invalid_input")
  expect_error(model_explain("m", "magic"))
})

test_that("importance and profiles are a line for each bar and point", {
  lake_of(list(
    explanation(kind = "permutation_importance", variables = list(list(variable = "a", loss = 0.5))),
    explanation(kind = "partial_dependence", profiles = list(
      list(variable = "a", x = c(1, 2), prediction = c(0.1, 0.2)),
      list(variable = "b", x = list("u"), prediction = list(0.3))
    )),
    explanation(kind = "ceteris_paribus", rows = list(
      list(profiles = list(list(variable = "a", x = c(1, 2), prediction = c(0.1, 0.2))))
    ))
  ))
  expect_equal(explanation_get("e")$frame, data.frame(variable = "a", loss = 0.5))
  expect_equal(explanation_get("e")$frame, data.frame(
    variable = c("a", "a", "b"), x = c("1", "2", "u"), prediction = c(0.1, 0.2, 0.3)
  ))
  expect_equal(explanation_get("e")$frame, data.frame(row = 1L, variable = "a", x = 1:2, prediction = c(0.1, 0.2)))
})

test_that("the plot is written in the form that the file's name says", {
  lake <- fake_lake("GET /explanations/e" = answer("<svg/>"))
  path <- withr::local_tempfile(fileext = ".svg")
  expect_equal(readLines(explanation_save("e", path), warn = FALSE), "<svg/>")
  expect_equal(asked_of(lake)[[1]]$headers$accept, "image/svg+xml")
  expect_error(explanation_save("e", "plot.jpg"), ".png", class = "weles_invalid_input")
})

test_that("models are compared side by side", {
  hash <- paste0("sha256:", strrep("a", 64))
  audit <- function(...) {
    done <- list(measures = list(...))
    answer(json(id = "j", kind = "audit", model = "m", version = 1, state = "succeeded", result = done))
  }
  lake <- fake_lake(
    "GET /models/m" = answer(json(name = "m", version = 2, language = "r", flavour = "lm")),
    "GET /models/tree" = answer(json(name = "tree", version = 1, language = "python", flavour = "sklearn")),
    "POST /models/m/audits" = answer(json(job = "j"), 202), "POST /models/tree/audits" = answer(json(job = "j"), 202),
    "GET /jobs/j" = list(audit(acc = 0.5, auc = 0.75), audit(acc = 1))
  )
  compared <- suppressMessages(model_compare(c("m:production", "tree"), hash))
  expect_equal(compared, data.frame(
    model = c("m", "tree"), version = c(2L, 1L), language = c("r", "python"), flavour = c("lm", "sklearn"),
    acc = c(0.5, 1), auc = c(0.75, NA)
  ))
  expect_equal(asked_of(lake, "GET /models/m")[[1]]$query, "version=production")
})
