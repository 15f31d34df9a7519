test_that("a problem document becomes a condition of its class and family", {
  error <- from_problem(
    list(
      type = "/problems/invalid-input", title = "t", status = 422, detail = "Does not fit.", family = "caller",
      "next" = "Fix it.", problems = list(list(column = "a", row = 3L, expected = "int64", got = "\"x\""))
    ),
    422
  )
  expect_equal(class(error), c("weles_invalid_input", "weles_caller_error", "weles_error", "error", "condition"))
  expect_equal(names(error$fields), "problems")
  expect_equal(
    conditionMessage(error),
    "Does not fit.\n  column \"a\", row 3: expected int64, got \"x\"\nNext: Fix it."
  )
})

test_that("the class is chosen by the status where the document does not say", {
  expect_s3_class(from_problem(list(detail = "d"), 404), "weles_not_found")
  expect_s3_class(from_problem(list(detail = "d"), 500), c("weles_unexpected_answer", "weles_lake_error"))
})

test_that("tracebacks, diagnoses and what there is are shown", {
  text <- conditionMessage(from_problem(list(
    type = "model-raised", detail = "It raised.", family = "model", traceback = "a\nb",
    diagnosis = list(phase = "fetch", package = "digest", summary = "It raised."), available = list("4.2", "4.5")
  )))
  expect_match(text, "The model's own traceback:\n  a\n  b", fixed = TRUE)
  expect_match(text, "  package: digest", fixed = TRUE)
  expect_no_match(text, "summary")
  expect_match(text, "available: 4.2, 4.5", fixed = TRUE)
})

test_that("at most twenty places are listed", {
  problems <- lapply(1:30, function(row) list(column = "a", row = row))
  text <- conditionMessage(from_problem(list(type = "invalid-input", detail = "d", problems = problems), 422))
  expect_match(text, "... and 10 more", fixed = TRUE)
  expect_no_match(text, "row 21")
})
