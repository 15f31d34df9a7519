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
