local_settings <- function(..., env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  withr::local_envvar(
    XDG_CONFIG_HOME = folder, WELES_URL = NA, WELES_TOKEN = NA, WELES_TOKEN_FILE = NA, .local_envir = env
  )
  withr::local_envvar(..., .local_envir = env)
  folder
}

test_that("arguments win over the environment, the environment over the saved login", {
  local_settings()
  save_login("http://saved:1", "saved-token")
  expect_equal(choose_login(NULL, NULL), list(url = "http://saved:1", token = "saved-token"))
  withr::local_envvar(WELES_URL = "http://env:2/", WELES_TOKEN = "env-token")
  expect_equal(choose_login(NULL, NULL), list(url = "http://env:2", token = "env-token"))
  expect_equal(choose_login("http://arg:3/api/v1", "arg-token"), list(url = "http://arg:3", token = "arg-token"))
})

test_that("a saved token goes only to its own lake", {
  local_settings()
  save_login("http://saved:1", "saved-token")
  expect_null(choose_login("http://other:1", NULL)$token)
})

test_that("a token may be in a file", {
  folder <- local_settings()
  writeLines("file-token", file.path(folder, "token"))
  withr::local_envvar(WELES_URL = "http://a:1", WELES_TOKEN_FILE = file.path(folder, "token"))
  expect_equal(choose_login(NULL, NULL)$token, "file-token")
  withr::local_envvar(WELES_TOKEN_FILE = file.path(folder, "gone"))
  expect_error(choose_login(NULL, NULL), "gone", class = "weles_caller_error")
})

test_that("no lake and no address are errors that say what to do", {
  local_settings()
  expect_error(choose_login(NULL, NULL), "weles_connect", class = "weles_not_connected")
  for (url in c("localhost:8080", "ftp://a", "http://ann:secret@a", "http://a?x=1")) {
    expect_error(weles_connect(url), "HOST:PORT", class = "weles_caller_error")
  }
})

test_that("the saved login is its owner's alone, and a broken one is said to be", {
  skip_on_os("windows")
  local_settings()
  save_login("http://saved:1", "t")
  expect_equal(as.character(file.mode(login_path())), "600")
  writeLines("{", login_path())
  expect_error(choose_login(NULL, NULL), "user_login", class = "weles_caller_error")
})

test_that("a connection does not show its token", {
  local_settings()
  before <- session$connection
  withr::defer(session$connection <- before)
  expect_output(print(weles_connect("http://a:1", "secret-token")), "http://a:1")
  expect_no_match(paste(capture.output(print(session$connection)), collapse = ""), "secret-token")
})
