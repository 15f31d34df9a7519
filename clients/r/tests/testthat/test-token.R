test_that("a token is made, and its secret is not printed; it is listed and revoked", {
  lake <- fake_lake(
    "POST /users/me/tokens" = answer(json(
      id = "t1", label = "nightly", kind = "token", scopes = list("read"), token = "secret", expires_at = "2030-01-01"
    ), 201),
    "GET /users/me/tokens" = answer(json(tokens = list(
      list(id = "t1", label = "nightly", kind = "token", scopes = list("read"), expires_at = NULL)
    ))),
    "DELETE /users/me/tokens/t1" = answer("", 204)
  )
  made <- token_create("nightly", "read", days = NULL)
  expect_equal(made$token, "secret")
  expect_output(print(made), "nightly, for read until 2030-01-01")
  expect_no_match(paste(capture.output(print(made)), collapse = ""), "secret;")
  sent <- parse_json(rawToChar(asked_of(lake)[[1]]$body))
  expect_equal(sent, list(label = "nightly", scopes = list("read"), days = NULL))
  expect_equal(unclass(token_list()$scopes), list("read"))
  token_revoke("t1")
  expect_length(asked_of(lake, "DELETE /users/me/tokens/t1"), 1)
})

test_that("users are looked after", {
  ann <- answer(json(name = "ann", role = "admin", disabled_at = NULL))
  lake <- fake_lake(
    "GET /users/me" = ann, "GET /users/ann" = ann, "PATCH /users/ann" = answer(json(
      name = "ann", role = "admin", disabled_at = "2026-01-01"
    )),
    "GET /users" = answer(json(users = list(list(name = "ann", role = "admin", disabled_at = NULL)))),
    "DELETE /users/ann" = answer("", 204), "PUT /users/me/password" = answer("", 204)
  )
  expect_equal(user_me()$name, "ann")
  expect_equal(user_get("ann"), user_me())
  expect_output(print(user_disable("ann")), "disabled")
  user_enable("ann")
  sent <- vapply(asked_of(lake, "PATCH /users/ann"), function(each) rawToChar(each$body), "")
  expect_equal(sent, c("{\"disabled\":true}", "{\"disabled\":false}"))
  expect_equal(user_list(), data.frame(name = "ann", role = "admin", disabled_at = ""))
  user_delete("ann")
  user_change_password("old one", "new one")
  expect_equal(rawToChar(asked_of(lake, "PUT /users/me/password")[[1]]$body), json(old = "old one", new = "new one"))
})
