found <- function(name, version = 1, tags = list()) {
  list(
    name = name, owner = "ann", version = version, state = "ready", language = "r", flavour = "lm", rows = 150,
    columns = 5, description = "", tags = tags
  )
}

test_that("what is asked for is sent, and what is found is a table", {
  lake <- fake_lake("GET /models" = answer(json(
    models = list(found("m", 2, c("t", "u")), found("n")), total = 2, page = 1, per_page = 500
  )))
  models <- model_search("a forest", tags = c("t", "u&v"), owner = "ann", row = ">100;")
  expect_equal(models$name, c("m", "n"))
  expect_equal(models$version, c(2L, 1L))
  expect_equal(models$tags[[1]], c("t", "u"))
  query <- utils::URLdecode(asked_of(lake)[[1]]$query)
  expect_match(query, "tags=t&tags=u&v", fixed = TRUE)
  expect_match(query, "q=a forest", fixed = TRUE)
  expect_match(query, "row=>100;", fixed = TRUE)
})

test_that("all pages are read, and no more than wanted is given", {
  page <- function(count, from) {
    answer(json(models = lapply(seq_len(count) + from, function(n) found(paste0("m", n))), total = 700))
  }
  lake <- fake_lake("GET /models" = list(page(500, 0), page(200, 500)))
  expect_equal(nrow(model_search()), 700)
  expect_match(asked_of(lake)[[2]]$query, "page=2")
  fake_lake("GET /models" = list(page(500, 0)))
  expect_warning(few <- model_search(most = 10), "700 models fit")
  expect_equal(nrow(few), 10)
})

test_that("nothing found is a table without rows", {
  fake_lake("GET /models" = answer(json(models = list(), total = 0)))
  expect_equal(nrow(model_search("nothing like it")), 0)
})
