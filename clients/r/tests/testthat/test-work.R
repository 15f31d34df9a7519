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
  expect_error(suppressMessages(job_wait("j")), "cancelled", class = "weles_cancelled")
})

log_of <- function(text, position) {
  answer(text, headers = list("Content-Type" = "text/plain", "Weles-Log-Position" = as.character(position)))
}

said <- function(code) {
  lines <- character()
  withCallingHandlers(code, message = function(each) {
    lines <<- c(lines, trimws(cli::ansi_strip(conditionMessage(each))))
    invokeRestart("muffleMessage")
  })
  lines[nzchar(lines)]
}

test_that("the log of a job is followed as it grows, as loudly as is wanted", {
  looks <- list(one("running", phase = "predict"), one("running", phase = "predict"), one("succeeded"))
  grows <- list(log_of("Collecting {numpy}\n", 7), log_of("", 7), log_of("\033[31mBuilding\033[0m\a it\ndone\n", 9))
  lake <- fake_lake("GET /jobs/j" = looks, "GET /jobs/j/log" = grows)
  weles_connect(lake$url, progress = "log")
  expect_equal(
    said(job_wait("j")),
    c("Collecting {numpy}", "predict m version 1: predict (0%)", "Building it", "done", "predict m version 1: (0%)")
  )
  asked <- vapply(asked_of(lake, "GET /jobs/j/log"), `[[`, "", "query")
  expect_equal(asked, c("after=0", "after=7", "after=7"))
})

test_that("who wants less gets less, and a log that cannot be read stops nothing", {
  lake <- fake_lake("GET /jobs/j" = list(one("running"), one("succeeded")))
  weles_connect(lake$url, progress = "none")
  expect_silent(job_wait("j"))
  expect_length(asked_of(lake, "GET /jobs/j/log"), 0)
  weles_connect(lake$url, progress = "log")
  expect_equal(suppressMessages(job_wait("j"))$state, "succeeded")
  expect_error(weles_connect(lake$url, progress = "loud"), "loud", class = "weles_invalid_request")
})

test_that("what is over is tried again by a new job", {
  fake_lake("POST /jobs/j/retry" = answer(json(job = "again")), "GET /jobs/again" = one("queued"))
  expect_equal(job_retry("j")$state, "queued")
})
