access <- function(visibility, users) answer(json(visibility = visibility, users = as.list(users)))
sent <- function(lake, key) parse_json(rawToChar(utils::tail(asked_of(lake, key), 1)[[1]]$body))

test_that("a model is shared with more users, taken back from some, and from everyone", {
  lake <- fake_lake(
    "GET /models/m/access" = access("shared", "bob"), "PUT /models/m/access" = access("shared", c("bob", "eve"))
  )
  expect_equal(model_share("m", "eve"), list(visibility = "shared", users = c("bob", "eve")))
  expect_equal(sent(lake, "PUT /models/m/access"), list(visibility = "shared", users = list("bob", "eve")))
  model_share("m", public = TRUE)
  expect_equal(sent(lake, "PUT /models/m/access"), list(visibility = "public", users = list()))
  model_unshare("m", "bob")
  expect_equal(sent(lake, "PUT /models/m/access"), list(visibility = "private", users = list()))
  model_unshare("m")
  expect_equal(sent(lake, "PUT /models/m/access"), list(visibility = "private", users = list()))
  expect_error(model_share("m"), "with whom", class = "weles_invalid_request")
  expect_error(model_share("m", "eve", public = TRUE), class = "weles_invalid_request")
})

test_that("a dataset is shared under one's own names for it", {
  aliases <- answer(json(aliases = list(
    list(name = "mine", owner = "ann", visibility = "shared", users = list("bob")),
    list(name = "other", owner = "ann", visibility = "private", users = list()),
    list(name = "mine", owner = "eve", visibility = "public", users = list())
  )))
  lake <- fake_lake(
    "GET /users/me" = answer(json(name = "ann", role = "member")),
    "GET /datasets/h/access" = aliases, "PUT /datasets/h/access" = aliases
  )
  expect_equal(dataset_access("h")$name, c("mine", "other"))
  expect_equal(unclass(dataset_access("h")$users), list("bob", character()))
  dataset_share("h", "eve", alias = "mine")
  expect_length(asked_of(lake, "PUT /datasets/h/access"), 1)
  expect_equal(asked_of(lake, "PUT /datasets/h/access")[[1]]$query, "alias=mine")
  expect_equal(sent(lake, "PUT /datasets/h/access"), list(visibility = "shared", users = list("bob", "eve")))
  dataset_unshare("h")
  expect_length(asked_of(lake, "PUT /datasets/h/access"), 3)
})

test_that("a dataset gets more names", {
  info <- answer(json(
    hash = "h", rows = 1, columns = list(list(name = "a", type = "float64", statistics = list(missing = 2))),
    aliases = list(list(name = "mine", description = "d", owner = "ann"))
  ), 201)
  lake <- fake_lake(
    "POST /datasets/h/aliases" = info, "PATCH /datasets/h/aliases/my name" = info,
    "DELETE /datasets/h/aliases/my name" = answer("", 204)
  )
  added <- dataset_add_alias("h", "my name", "d")
  expect_equal(added$aliases$description, "d")
  expect_equal(added$columns$missing, 2L)
  dataset_edit_alias("h", "my name", new_name = "mine")
  expect_equal(sent(lake, "PATCH /datasets/h/aliases/my name"), list(name = "mine"))
  dataset_remove_alias("h", "my name", owner = "eve")
  expect_equal(asked_of(lake, "DELETE /datasets/h/aliases/my name")[[1]]$query, "owner=eve")
})
