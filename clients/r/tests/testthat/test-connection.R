test_that("requests carry the token and the version of this package", {
  lake <- fake_lake("GET /models" = answer("{\"models\": []}"))
  ask_json("GET", "/models")
  headers <- asked_of(lake)[[1]]$headers
  expect_equal(headers$authorization, "Bearer a-token")
  expect_match(headers[["user-agent"]], "^weles-r/")
})

test_that("a lake that says later is asked again, and the user is told once", {
  later <- problem("capacity-exceeded", 503, "Every container is busy.", headers = list("Retry-After" = "0"))
  lake <- fake_lake("POST /x" = list(later, later, answer("{\"a\": 1}")))
  expect_message(found <- ask_json("POST", "/x"), "Every container is busy")
  expect_equal(found, list(a = 1L))
  expect_length(asked_of(lake), 3)
})

test_that("who waits for compilers is patient, and sees how far they are", {
  making <- function(progress) problem("runtime-not-ready", 503, progress, headers = list("Retry-After" = "0"))
  lake <- fake_lake("POST /x" = list(making("pulling"), making("pulling"), making("importing"), answer("{\"a\": 1}")))
  told <- testthat::capture_messages(ask_json("POST", "/x"))
  expect_length(told, 2)
  expect_match(told[[1]], "pulling Asking again for up to 900 seconds.")
  expect_match(told[[2]], "importing")
  expect_length(asked_of(lake), 4)
})

test_that("patience ends", {
  later <- problem("capacity-exceeded", 503, "Busy.", headers = list("Retry-After" = "60"))
  lake <- fake_lake("POST /x" = later)
  expect_error(ask("POST", "/x"), class = "weles_capacity_exceeded")
  expect_length(asked_of(lake), 1)
})

test_that("a broken connection is tried again only where that does no harm", {
  lake <- fake_lake("GET /x" = list(NULL, answer("{\"a\": 1}")), "POST /x" = list(NULL, answer("{\"a\": 1}")))
  expect_equal(ask_json("GET", "/x")$a, 1L)
  expect_error(ask("POST", "/x"), class = "weles_lake_unreachable")
  expect_length(asked_of(lake, "POST /x"), 1)
})

test_that("a redirect is not followed with the token", {
  lake <- fake_lake("GET /x" = answer("", 302, list(Location = "http://elsewhere/")))
  expect_error(ask("GET", "/x"), "http://elsewhere/", class = "weles_unexpected_answer")
})

test_that("what is no lake's answer is said to be", {
  fake_lake("GET /x" = answer("<html>", 200, list("Content-Type" = "text/html")), "GET /y" = answer("<html>", 500))
  expect_error(ask_json("GET", "/x"), "text/html", class = "weles_unexpected_answer")
  expect_error(ask_json("GET", "/y"), "500", class = "weles_unexpected_answer")
})

test_that("names are one segment of the path", {
  lake <- fake_lake()
  expect_error(model_info("a/../b c"), class = "weles_not_found")
  expect_equal(asked_of(lake)[[1]]$path, "/models/a/../b c")
  expect_error(model_info(""), class = "weles_invalid_request")
})

test_that("a name is one segment of a path, whatever is in it", {
  expect_equal(segment("top 50%20 wines/\u017c"), "top%2050%2520%20wines%2F%C5%BC")
})
