test_that("each loaded package is one line with its origin", {
  text <- session_requirements()
  lines <- strsplit(text, "\n")[[1]]
  expect_equal(lines[1], "# weles-r 1")
  expect_true(all(grepl("^[A-Za-z][A-Za-z0-9.]*==[0-9.-]+  [a-z]+(:[^ ]+)?$", lines[-1])))
  expect_match(text, sprintf("\nstats==%s  base\n", getRversion()))
  expect_no_match(text, "\nweles==")
})

test_that("what only this package has brought in is left out", {
  loaded <- c("weles", "httr2", "curl", "jsonlite", "cli", "stats", "ranger")
  local_mocked_bindings(imports_of = function(name) {
    imports <- list(
      weles = c("httr2", "jsonlite", "cli", "stats"), httr2 = c("curl", "cli"), ranger = c("jsonlite", "stats")
    )
    imports[[name]]
  })
  expect_equal(model_namespaces(loaded, c("weles", "stats")), c("jsonlite", "ranger", "stats"))
  expect_equal(model_namespaces(loaded, c("weles", "stats", "cli")), c("cli", "jsonlite", "ranger", "stats"))
})

test_that("origins are told apart", {
  expect_equal(source_of(list(Priority = "recommended", Repository = "CRAN")), "recommended")
  expect_equal(source_of(list(Repository = "CRAN")), "cran")
  expect_equal(source_of(list(Repository = "RSPM", RemoteType = "standard")), "cran")
  expect_equal(source_of(list(Repository = "Bioconductor 3.18", biocViews = "x")), "bioconductor")
  github <- list(RemoteType = "github", RemoteUsername = "ann", RemoteRepo = "pack", RemoteSha = "abc1")
  expect_equal(source_of(github), "github:ann/pack@abc1")
  expect_equal(source_of(list(RemoteType = "local")), "local")
  expect_equal(source_of(list(Built = "R 4.5.0")), "local")
  expect_equal(source_of(list(Repository = "https://ann.r-universe.example")), "unknown")
})

test_that("another environment may be given as text, path or sessionInfo", {
  path <- withr::local_tempfile(lines = "{\"R\": {}}", fileext = ".lock")
  expect_equal(requirements_text(path), "{\"R\": {}}\n")
  expect_equal(requirements_text("Package: a\nVersion: 1"), "Package: a\nVersion: 1")
  expect_match(requirements_text(utils::sessionInfo()), "^R version [0-9.]+ ")
  expect_error(requirements_text("gone.lock"), "gone.lock", class = "weles_invalid_environment")
})
