one <- function(state, ...) answer(json(id = "j", kind = "predict", model = "m", version = 1, state = state, ...))

test_that("jobs are listed, followed, cancelled and read", {
  lake <- fake_lake(
    "GET /jobs" = answer(json(jobs = list(list(id = "j", kind = "predict", state = "running", percent = 12.5)))),
    "GET /jobs/j" = list(one("running", phase = "predict", percent = 10), one("succeeded", result = list(rows = 3))),
    "DELETE /jobs/j" = one("cancelled"), "GET /jobs/j/log" = answer("a\nb\n")
  )
  expect_equal(job_list(state = "running")$percent, 12.5)
  expect_equal(asked_of(lake)[[1]]$query, "state=running&limit=50")
  expect_message(ended <- job_wait("j"), "predict m version 1")
  expect_equal(ended$result$rows, 3)
  expect_equal(job_cancel(ended)$state, "cancelled")
  expect_equal(job_log(ended), "a\nb\n")
  expect_output(print(ended), "succeeded")
})

test_that("what a job failed with is raised; one that was cancelled may be asked for again", {
  fake_lake("GET /jobs/j" = list(
    one("failed", problem = list(type = "/problems/too-much-work", family = "caller", detail = "Too many.")),
    one("cancelled")
  ))
  expect_error(suppressMessages(job_wait("j")), "Too many", class = "weles_too_much_work")
  expect_error(suppressMessages(job_wait("j")), "cancelled", class = "weles_lake_busy")
})
