HASH <- paste0("sha256:", strrep("a", 64))
started <- answer(json(job = "j", kind = "audit", state = "queued"), 202)

test_that("one measure is a number, several are a vector", {
  lake <- fake_lake(
    "POST /models/m/audits" = started,
    "GET /jobs/j" = list(
      answer(json(model = "m", version = 1, state = "running", phase = "predict", percent = 10)),
      answer(json(
        model = "m", version = 1, state = "succeeded", result = list(measures = list(acc = 0.96, auc = NULL))
      ))
    )
  )
  expect_message(measured <- model_audit("m", "acc", HASH, "Species"), "m version 1")
  expect_equal(measured, 0.96)
  asked <- parse_json(rawToChar(asked_of(lake, "POST /models/m/audits")[[1]]$body))
  expect_equal(asked, list(dataset = HASH, target = "Species", measures = list("acc")))
  expect_equal(suppressMessages(model_audit("m", data = HASH)), c(acc = 0.96, auc = NA))
})

test_that("a data.frame is stored first", {
  fake_lake(
    "POST /datasets" = answer(json(hash = HASH, rows = 150, columns = list()), 201),
    "POST /models/m/audits" = started,
    "GET /jobs/j" = answer(json(model = "m", version = 1, state = "succeeded", result = list(measures = list(acc = 1))))
  )
  expect_equal(suppressMessages(model_audit("m", "acc", iris, "Species")), 1)
})

test_that("why it failed is raised", {
  fake_lake(
    "POST /models/m/audits" = started,
    "GET /jobs/j" = answer(json(model = "m", version = 1, state = "failed", problem = list(
      type = "/problems/model-raised", family = "model", status = 502, detail = "The model raised it."
    )))
  )
  expect_error(suppressMessages(model_audit("m", "acc", HASH)), class = "weles_model_raised")
})
