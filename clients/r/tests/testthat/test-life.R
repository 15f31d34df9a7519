body_of <- function(lake, key) rawToChar(utils::tail(asked_of(lake, key), 1)[[1]]$body)
query_of <- function(lake, key) utils::tail(asked_of(lake, key), 1)[[1]]$query

test_that("aliases are set, moved from where they were expected, listed, and taken away", {
  lake <- fake_lake(
    "GET /models/m/aliases" = list(answer("{\"aliases\": []}"), answer(json(aliases = list(
      list(name = "production", version = 2, moved_by = "ann")
    )))),
    "PUT /models/m/aliases/production" = list(
      answer(json(name = "production", version = 2)), problem("alias-moved", 409, "It is at 3.", family = "caller")
    ),
    "GET /models/m/aliases/production" = answer(json(history = list(
      list(version_before = NULL, version_after = 1, moved_by = "ann"),
      list(version_before = 1, version_after = 2, moved_by = "bob")
    ))),
    "DELETE /models/m/aliases/production" = answer("", 204)
  )
  expect_length(model_aliases("m"), 0)
  expect_equal(model_aliases("m"), c(production = 2L))
  expect_equal(model_set_alias("m", "production", 2), 2)
  expect_equal(body_of(lake, "PUT /models/m/aliases/production"), "{\"version\":\"2\"}")
  expect_error(model_set_alias("m", "production", "latest", expected = 2), class = "weles_alias_moved")
  expect_equal(body_of(lake, "PUT /models/m/aliases/production"), "{\"version\":\"latest\",\"expected\":2}")
  history <- model_alias_history("m", "production")
  expect_equal(history$version_before, c(NA, 1))
  expect_equal(history$moved_by, c("ann", "bob"))
  model_remove_alias("m", "production", expected = 2)
  expect_equal(query_of(lake, "DELETE /models/m/aliases/production"), "expected=2")
})

test_that("a card is sent as it is written, and may be empty", {
  lake <- fake_lake(
    "PUT /models/m/card" = answer("", 204),
    "GET /models/m/card" = list(
      answer("# Za\u017c\u00f3\u0142\u0107", 200, list("Content-Type" = "text/markdown; charset=utf-8")), answer("")
    )
  )
  model_set_card("m", c("# One", "two"))
  expect_equal(body_of(lake, "PUT /models/m/card"), "# One\ntwo")
  expect_equal(model_card("m"), "# Za\u017c\u00f3\u0142\u0107")
  expect_equal(model_card("m"), "")
})

test_that("only what is given is edited", {
  lake <- fake_lake("PATCH /models/m" = answer(json(name = "m", owner = "ann", description = "new", tags = list("a"))))
  expect_equal(model_edit("m", "new")$tags, "a")
  expect_equal(body_of(lake, "PATCH /models/m"), "{\"description\":\"new\"}")
  model_edit("m", tags = "a")
  expect_equal(body_of(lake, "PATCH /models/m"), "{\"tags\":[\"a\"]}")
})

test_that("what is deleted is listed with when it goes", {
  gone <- list(
    kind = "version", name = "m", version = 2, owner = "ann", size = 10, deleted_at = "2026-11-25T09:00:00+00:00",
    restorable_until = "2026-12-02T09:00:00+00:00"
  )
  whole <- utils::modifyList(gone, list(kind = "model", name = "n"))
  whole["version"] <- list(NULL)
  lake <- fake_lake("GET /deleted" = answer(json(deleted = list(gone, whole))))
  listed <- model_deleted()
  expect_equal(listed$name, c("m", "n"))
  expect_equal(listed$version, c(2, NA))
  expect_equal(listed$restorable_until[[1]], "2026-12-02T09:00:00+00:00")
  fake_lake("GET /deleted" = answer('{"deleted": []}'))
  expect_equal(nrow(model_deleted()), 0)
})

test_that("versions and models are deleted and restored", {
  gone <- answer(json(model = "m", version = 1, restorable_until = "2030-01-01"))
  lake <- fake_lake(
    "DELETE /models/m/versions/1" = gone, "DELETE /models/m" = gone,
    "POST /models/m/versions/1/restore" = answer("{}"), "POST /models/m/restore" = answer("{}"),
    "GET /models/m/versions" = answer(json(versions = list(list(version = 1, hash = "sha256:1", state = "ready")))),
    "GET /models/m" = answer(json(citation = "ann (2026). m"))
  )
  expect_message(model_delete("m", 1), "2030-01-01")
  suppressMessages(model_delete("m"))
  model_restore("m", 1)
  model_restore("m")
  expect_equal(vapply(asked_of(lake), `[[`, "", "key"), c(
    "DELETE /models/m/versions/1", "DELETE /models/m", "POST /models/m/versions/1/restore", "POST /models/m/restore"
  ))
  expect_equal(model_versions("m")$state, "ready")
  expect_equal(model_cite("m"), "ann (2026). m")
})

test_that("a status without a version is that of the last one, not of the one that predicts", {
  fake_lake(
    "GET /models/m" = list(
      answer(json(name = "m", version = 1, versions = 1:2, state = "ready", job = "j1")),
      answer(json(name = "m", version = 2, versions = 1:2, state = "building", job = "j2"))
    ),
    "GET /jobs/j2" = answer(json(model = "m", version = 2, state = "running", phase = "build", percent = 50))
  )
  expect_equal(model_status("m", wait = FALSE)$version, 2)
})

test_that("a model is kept warm at hours of the day, and let go", {
  lake <- fake_lake(
    "PUT /models/m/warm" = answer(json(min_warm = 1, hours = "07:00-19:00")),
    "GET /models/m/warm" = answer('{"min_warm": 0, "hours": null}')
  )
  expect_equal(model_keep_warm("m", hours = "07:00-19:00")$hours, "07:00-19:00")
  expect_equal(body_of(lake, "PUT /models/m/warm"), "{\"min_warm\":1,\"hours\":\"07:00-19:00\"}")
  model_keep_warm("m", 0)
  expect_equal(body_of(lake, "PUT /models/m/warm"), "{\"min_warm\":0}")
  expect_equal(model_warmth("m")$min_warm, 0)
  expect_null(model_warmth("m")$hours)
})
