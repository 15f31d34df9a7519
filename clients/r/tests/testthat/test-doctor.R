verdict <- function(...) {
  answer(json(
    ok = TRUE, base = list(language = "r", version = "4.2.2"), note = NULL, environment = "sha256:e",
    image = list(exists = FALSE),
    packages = list(list(name = "jsonlite", version = "1.8.4", kind = "r-source", bytes = 5e6)),
    libraries = list(), compiles = list("jsonlite==1.8.4"), package_bytes = 5e6, download_bytes = 0, repairs = list(
      list(line = 2, text = "rpart==4.1", action = "dropped", reason = "it comes with R")
    ), problems = list(), shares = NULL, diagnosis = NULL, "next" = "", ...
  ))
}

test_that("a verdict is told in words", {
  lake <- fake_lake("POST /environments/resolve" = list(verdict(), answer(json(
    ok = FALSE, repairs = list(), problems = list(list(line = 1, text = "mine 1.0", reason = "it is nowhere")),
    packages = list(), libraries = list(), compiles = list(), "next" = "Install it."
  ))))
  path <- withr::local_tempfile(lines = "{\"Packages\": {}}")
  good <- environment_check(path, "4.2.2")
  asked <- parse_json(rawToChar(asked_of(lake)[[1]]$body))
  expect_equal(asked, list(
    requirements = "{\"Packages\": {}}\n", filename = basename(path), language = "r", language_version = "4.2.2"
  ))
  expect_equal(good$packages$bytes, 5e6)
  expect_output(print(good), paste0(
    "repair: rpart==4.1: dropped; it comes with R\n",
    "It can be built on r 4.2.2: 1 packages, 5.0 MB, 0.0 MB to download.\nTo be compiled: jsonlite==1.8.4."
  ), fixed = TRUE)
  bad <- environment_check()
  expect_equal(bad$problems$reason, "it is nowhere")
  expect_output(print(bad), "line 1: mine 1.0: it is nowhere\nIt cannot be built. Install it.", fixed = TRUE)
  sent <- parse_json(rawToChar(asked_of(lake)[[2]]$body))
  expect_match(sent$requirements, "^# weles-r 1\n")
})

test_that("environments are named by their id or by a model", {
  id <- paste0("sha256:", strrep("b", 64))
  paths <- paste0("GET /environments/", id, c("/packages", "/dockerfile", "/diff", ""))
  answers <- list(
    answer(json(packages = list(list(name = "a", version = "1", kind = "r-source", bytes = 3, installed = "1")))),
    answer("FROM base\n", 200, list("Content-Type" = "text/plain")),
    answer(json(added = list(), removed = list(), changed = list(list(name = "a", from = "1", to = "2")), same = 4)),
    answer(json(id = id, state = "ready"))
  )
  names(answers) <- paths
  lake <- do.call(fake_lake, c(answers, list(
    "GET /models/m" = answer(json(environment = list(id = id))),
    "GET /models/n" = answer(json(environment = list(id = NULL))),
    "GET /runtimes" = answer(json(runtimes = list(list(language = "r", version = "4.2.2"))))
  )))
  expect_equal(environment_packages("m")$name, "a")
  expect_equal(environment_dockerfile(id), "FROM base\n")
  expect_equal(environment_diff("m", id)$changed, data.frame(name = "a", from = "1", to = "2"))
  expect_equal(environment_info(id)$state, "ready")
  expect_error(environment_info("n"), class = "weles_environment_not_ready")
  expect_equal(environment_runtimes()$version, "4.2.2")
  expect_equal(asked_of(lake, paths[3])[[1]]$query, paste0("other=", utils::URLencode(id, reserved = TRUE)))
})
