# A creator in R: train on iris, upload, and call both of the demo's models from here.
#
# What this session itself says is left in the demo's folder, and what the lake says to it.

library(randomForest)
library(weles)

folder <- Sys.getenv("DEMO_FOLDER")

keep <- function(what, answers) {
  rows <- jsonlite::toJSON(unname(answers), dataframe = "values", digits = NA)
  columns <- jsonlite::toJSON(names(answers))
  writeLines(sprintf("{\"columns\":%s,\"data\":%s}", columns, rows), file.path(folder, paste0(what, ".json")))
}

set.seed(0)
forest <- randomForest(Species ~ ., data = iris, ntree = 777)
model_upload(
  forest, "iris", "A forest of 777 trees that tells three species of iris apart", "Species", c("iris", "forest"),
  iris, "iris data", "150 irises, 4 measurements each, of 3 species",
  wait = TRUE
)
rows <- iris[1:4]
write.csv(rows, file.path(folder, "iris.csv"), row.names = FALSE)
keep("iris.session.exact", data.frame(prediction = predict(forest, rows)))
keep("iris.session.prob", as.data.frame(unclass(predict(forest, rows, type = "prob"))))

for (name in c("iris", "wine")) {
  rows <- read.csv(file.path(folder, paste0(name, ".csv")), check.names = FALSE)
  keep(paste0(name, ".R.exact"), data.frame(prediction = model_predict(name, rows)))
  keep(paste0(name, ".R.prob"), model_predict(name, rows, type = "prob"))
}
