"""Models made in R: uploaded by the R package, called from R and from Python, with the creator's own answers."""

import json
import uuid

import numpy as np
import pandas as pd
import pytest
from weles import model
from weles.connection import connect

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("r_own_base")]

# Fit, upload, wait, ask; and what this session itself says of the same rows, every double as that very number.
_SCRIPT = """
set.seed(1)
data(iris)
cars <- transform(mtcars, am = factor(am, labels = c("automatic", "manual")))
models <- list(
  lm = list(lm(mpg ~ wt + hp, mtcars), mtcars, "mpg"),
  glm = list(suppressWarnings(glm(am ~ wt + hp, binomial, cars)), cars, "am"),
  rpart = list(rpart::rpart(Species ~ ., iris), iris, "Species"),
  loess = list(loess(mpg ~ wt, mtcars), mtcars, "mpg")
)
kind <- Sys.getenv("KIND")
if (kind == "randomForest") {
  models$randomForest <- list(randomForest::randomForest(Species ~ ., iris, ntree = 100), iris, "Species")
}
one <- models[[kind]]
name <- Sys.getenv("MODEL")
made <- model_upload(
  one[[1]], name, paste("A", kind, "from R"), one[[3]], c("r", kind), one[[2]], paste(kind, "data"), "of R's own",
  wait = TRUE
)
stopifnot(made$state == "succeeded", model_status(name)$ready)
rows <- one[[2]][names(one[[2]]) != one[[3]]]
own <- weles:::session_exact(model_info(name)$flavour, one[[1]], rows)
asked <- model_predict(name, rows)
if (is.factor(own)) stopifnot(identical(asked, unname(own))) else stopifnot(max(abs(asked - own)) < 1e-9)
prob <- weles:::session_prob(model_info(name)$flavour, one[[1]], rows)
if (!is.null(prob)) {
  stopifnot(max(abs(as.matrix(model_predict(name, rows, "prob")) - as.matrix(prob))) < 1e-9)
  jsonlite::write_json(unclass(as.matrix(prob)), "/exchange/prob.json", digits = NA)
}
exact <- if (is.double(own)) sprintf("%.17g", own) else as.character(own)
jsonlite::write_json(exact, "/exchange/own.json")
write.csv(rows, "/exchange/rows.csv", row.names = FALSE)
"""


@pytest.mark.parametrize("kind", ["lm", "glm", "rpart", "loess", "randomForest"])
def test_a_model_of_r_answers_everywhere_as_in_its_own_session(r, r_lake, kind):
    name = f"{kind}-{uuid.uuid4().hex[:8]}"
    r.run(_SCRIPT, KIND=kind, MODEL=name, WELES_URL=r_lake.url, WELES_TOKEN=r_lake.token)
    own = json.loads((r.folder / "own.json").read_text())
    rows = pd.read_csv(r.folder / "rows.csv")
    connect(r_lake.url, r_lake.token)
    answer = model.predict(name, rows)
    if kind in ("rpart", "randomForest"):
        assert answer.tolist() == own
        prob = model.predict(name, rows, mode="prob")
        assert [*prob.columns] == ["setosa", "versicolor", "virginica"]
        assert np.abs(prob.to_numpy() - np.array(json.loads((r.folder / "prob.json").read_text()))).max() < 1e-9
    else:
        assert np.abs(answer.to_numpy() - np.array(own, dtype=float)).max() < 1e-9
    assert model.info(name)["flavour"] == ("r" if kind == "loess" else kind)
