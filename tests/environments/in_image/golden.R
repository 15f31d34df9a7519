# For the scripts of the corpus, inside an image: keep a model with golden rows, and check another load of it.
FOLDER <- "/exchange"

keep <- function(model, rows, answers) {
    saveRDS(model, file.path(FOLDER, "model"))
    golden <- cbind(rows, prediction = if (is.factor(answers)) as.character(answers) else answers)
    write.csv(format(golden, digits = 17), file.path(FOLDER, "golden.csv"), row.names = FALSE, quote = FALSE)
}

golden <- function() read.csv(file.path(FOLDER, "golden.csv"), strip.white = TRUE)

load_model <- function() readRDS(file.path(FOLDER, "model"))

check <- function(answers) {
    expected <- golden()$prediction
    answers <- if (is.factor(answers)) as.character(answers) else unname(answers)
    stopifnot(length(expected) > 1, length(unique(expected)) > 1, isTRUE(all.equal(answers, expected)))
    cat(length(answers), "golden rows\n")
}
