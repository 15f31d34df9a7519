columns <- "[{\"name\": \"a\", \"type\": \"float64\"}]"

test_that("a data.frame is stored with its types", {
  lake <- fake_lake(
    "POST /datasets" = answer(sprintf("{\"hash\": \"sha256:1\", \"rows\": 2, \"columns\": %s}", columns), 201)
  )
  stored <- dataset_upload(data.frame(a = c(1.5, NA)), "numbers", "two")
  expect_equal(stored, list(hash = "sha256:1", rows = 2L, columns = data.frame(name = "a", type = "float64")))
  parts <- parts_of(asked_of(lake)[[1]])
  expect_equal(parts$metadata$body, "{\"name\":\"numbers\",\"description\":\"two\"}")
  expect_equal(parts$data$type, "application/json")
  expect_equal(parts$data$body, "{\"columns\":[{\"name\":\"a\",\"type\":\"float64\"}],\"data\":[[1.5],[null]]}")
})

test_that("a file is sent as it is", {
  lake <- fake_lake("POST /datasets" = answer(sprintf("{\"hash\": \"h\", \"rows\": 1, \"columns\": %s}", columns), 201))
  path <- withr::local_tempfile(lines = c("a", "1"), fileext = ".csv")
  dataset_upload(path, "numbers")
  expect_equal(parts_of(asked_of(lake)[[1]])$data[c("type", "body")], list(type = "text/csv", body = "a\n1\n"))
  expect_error(dataset_upload("gone.csv", "x"), "no file", class = "weles_invalid_input")
  expect_error(dataset_upload("data.xlsx", "x"), ".csv", class = "weles_invalid_input")
  expect_error(dataset_upload(1:3, "x"), class = "weles_invalid_input")
})

test_that("datasets come back typed", {
  table <- table_json(table_of(iris))
  lake <- fake_lake(
    "GET /datasets/h" = answer(table), "GET /datasets/h/head" = answer(table),
    "GET /datasets/h/info" = answer(sprintf(
      "{\"hash\": \"h\", \"rows\": 1, \"columns\": %s, \"aliases\": [{\"name\": \"n\", \"owner\": \"ann\"}]}", columns
    ))
  )
  expect_identical(dataset_get("h"), iris)
  dataset_head("h", 3)
  expect_equal(asked_of(lake, "GET /datasets/h/head")[[1]]$query, "rows=3")
  info <- dataset_info("h")
  expect_equal(info$columns$type, "float64")
  expect_equal(info$aliases$owner, "ann")
})

test_that("a user is made, and the token is not printed", {
  lake <- fake_lake("POST /users" = answer("{\"name\": \"bob\", \"role\": \"member\", \"token\": \"bobs\"}", 201))
  bob <- user_create("bob", "pass word")
  expect_equal(bob$token, "bobs")
  expect_no_match(paste(capture.output(print(bob)), collapse = ""), "bobs")
  expect_equal(rawToChar(asked_of(lake)[[1]]$body), "{\"name\":\"bob\",\"password\":\"pass word\",\"role\":\"member\"}")
})

test_that("a login is kept for later sessions; a failed one changes nothing", {
  lake <- fake_lake("POST /tokens" = list(
    problem("unauthenticated", 401, "Wrong.", family = "caller"), answer("{\"token\": \"new\"}", 201)
  ))
  expect_error(user_login("ann", "wrong", url = paste0(lake$url, "/")), class = "weles_unauthenticated")
  expect_equal(connection()$token, "a-token")
  expect_false(file.exists(login_path()))
  user_login("ann", "right")
  expect_equal(connection()$token, "new")
  expect_equal(load_login(), list(url = lake$url, token = "new"))
})
