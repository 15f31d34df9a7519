"""The R package against a real lake: models made in Python, datasets that cross the languages, errors, users."""

import json
import uuid

import numpy as np
import pandas as pd
import pytest
from weles import dataset
from weles.connection import connect

from tests.integration import creator
from tests.integration.lake import Lake
from tests.integration.r_session import RSession

pytestmark = pytest.mark.docker

# Every double as text that is that very number.
_WRITE = """
exact <- function(values) if (is.double(values)) sprintf("%.17g", values) else as.character(values)
write <- function(frame, name) {
  jsonlite::write_json(lapply(as.list(frame), exact), file.path("/exchange", name))
}
"""


@pytest.fixture(scope="module")
def login(lake: Lake) -> dict[str, str]:
    return {"WELES_URL": lake.url, "WELES_TOKEN": lake.token}


@pytest.fixture(scope="module")
def wine(lake: Lake):
    """(name in the lake, the forest, its data)"""
    forest, data = creator.wine()
    name = f"wine-{uuid.uuid4().hex[:8]}"
    accepted = lake.call("POST", "/models", files=creator.form(forest, data, name)).json()
    assert lake.job(accepted["job"])["state"] == "succeeded"
    return name, forest, data


def _read(session: RSession, name: str) -> pd.DataFrame:
    return pd.DataFrame(json.loads((session.folder / name).read_text()))


def test_a_forest_from_python_answers_in_r_as_in_its_own_session(r, login, wine):
    name, forest, data = wine
    rows = data.drop(columns="target")
    rows.iloc[:, ::-1].to_csv(r.folder / "rows.csv", index=False)
    r.run(
        _WRITE
        + """
        rows <- read.csv("/exchange/rows.csv", check.names = FALSE)
        name <- Sys.getenv("MODEL")
        stopifnot(inherits(model_status(name), "weles_status"))
        write(list(prediction = model_predict(name, rows)), "exact.json")
        write(model_predict(name, rows, type = "prob"), "prob.json")
        stopifnot(identical(model_predict(name, "/exchange/rows.csv"), model_predict(name, rows)))
        """,
        MODEL=name,
        **login,
    )
    assert _read(r, "exact.json")["prediction"].astype(int).tolist() == forest.predict(rows).tolist()
    prob = _read(r, "prob.json")
    assert [*prob.columns] == [str(label) for label in forest.classes_]
    assert np.abs(prob.astype(float).to_numpy() - forest.predict_proba(rows)).max() < 1e-9


def test_what_the_lake_knows_of_a_model_is_read(r, login, wine):
    name, _, data = wine
    r.run(
        _WRITE
        + """
        name <- Sys.getenv("MODEL")
        info <- model_info(name)
        print(info)
        write(info$inputs, "inputs.json")
        write(model_requirements(name), "requirements.json")
        # A model of Python cannot be loaded here, and nothing of it is.
        error <- tryCatch(model_get(name), weles_session_differs = identity)
        stopifnot(error$fields$problems[[1]]$what == "language", error$fields$problems[[1]]$expected == "python")
        stopifnot(identical(readBin(model_download(name, tempdir()), "raw", 1), as.raw(0x80)))
        stopifnot(name %in% model_search(name)$name, name %in% model_search(tags = "test")$name)
        """,
        MODEL=name,
        **login,
    )
    assert _read(r, "inputs.json")["name"].tolist() == [each for each in data.columns if each != "target"]
    assert "scikit-learn" in _read(r, "requirements.json")["package"].tolist()


def test_a_model_from_python_is_measured_and_found_from_r(r, login, wine):
    name, forest, data = wine
    data.to_csv(r.folder / "truth.csv", index=False)
    out = r.run(
        """
        name <- Sys.getenv("MODEL")
        stopifnot(
          identical(model_search(regex = paste0("^", name, "$"), row = "=178;", language = "python")$name, name),
          !name %in% model_search(row = ">1000;")$name,
          inherits(tryCatch(model_search(row = "x"), weles_invalid_request = identity), "weles_invalid_request"),
          inherits(
            tryCatch(model_audit(name, "rmse", "/exchange/truth.csv"), weles_error = identity), "weles_measure_misfit"
          )
        )
        both <- model_audit(name, c("acc", "f1"), "/exchange/truth.csv", "target")
        stopifnot(length(both) == 2, both > 0.9, both <= 1)
        cat(sprintf("%.17g", model_audit(name, "acc", "/exchange/truth.csv")))
        """,
        MODEL=name,
        **login,
    )
    assert float(out) == forest.score(data.drop(columns="target"), data["target"])


def test_every_type_of_a_dataset_comes_back_to_r_as_it_was(r, login):
    out = r.run(
        """
        data <- data.frame(
          bool = c(TRUE, NA, FALSE), int32 = c(1L, NA, -.Machine$integer.max),
          float64 = c(0.1 + 0.2, NA, NaN), infinite = c(Inf, -Inf, 1e-310),
          text = c("001", NA, "Za\\u017c\\u00f3\\u0142\\u0107 \\"\\\\ \\U1F332"),
          level = factor(c("b", NA, "a"), levels = c("b", "a", "unseen")),
          ordered = factor(c("S", "L", NA), levels = c("S", "M", "L"), ordered = TRUE),
          date = as.Date(c("1899-12-31", NA, "2024-02-29")), stringsAsFactors = FALSE
        )
        data$int64 <- bit64::as.integer64(c("9007199254740993", NA, "-9223372036854775807"))
        data$zoned <- as.POSIXct(c("2024-01-15 12:00:00", NA, "2024-07-15 12:00:00"), tz = "America/New_York")
        stored <- dataset_upload(data, "types", "one of each")
        back <- dataset_get(stored$hash)
        stopifnot(identical(back, data), identical(is.nan(back$float64), c(FALSE, FALSE, TRUE)))
        stopifnot(identical(dataset_head(stored$hash, 1)$text, "001"), dataset_info(stored$hash)$rows == 3)
        cat(stored$hash)
        """,
        **login,
    )
    connect(login["WELES_URL"], login["WELES_TOKEN"])
    frame = dataset.get(out.strip())
    assert frame["int64"].tolist()[0] == 2**53 + 1
    assert frame["text"][0] == "001"
    assert frame["level"].cat.categories.tolist() == ["b", "a", "unseen"]
    assert frame["ordered"].cat.ordered
    assert frame["zoned"][2] == pd.Timestamp("2024-07-15 12:00", tz="America/New_York")
    assert str(frame["date"][0]) == "1899-12-31"


def test_a_dataset_from_python_is_read_in_r(r, login):
    frame = pd.DataFrame(
        {
            "big": [2**53 + 1, -(2**62)],
            "clock": pd.to_datetime(["2024-07-15 12:00:00.25", None]),
            "moment": pd.to_datetime(["2024-07-15 12:00", "2024-01-15 12:00"]).tz_localize("Europe/Warsaw"),
            "kind": pd.Categorical(["x", None], categories=["y", "x"], ordered=True),
            "flag": pd.array([True, None], dtype="boolean"),
        }
    )
    connect(login["WELES_URL"], login["WELES_TOKEN"])
    r.run(
        """
        data <- dataset_get(Sys.getenv("HASH"))
        stopifnot(
          identical(as.character(data$big), c("9007199254740993", "-4611686018427387904")),
          format(data$clock[1], "%H:%M:%OS2") == "12:00:00.25", is.na(data$clock[2]),
          attr(data$moment, "tzone") == "Europe/Warsaw", all(format(data$moment, "%H:%M") == "12:00"),
          identical(data$kind, factor(c("x", NA), levels = c("y", "x"), ordered = TRUE)),
          identical(data$flag, c(TRUE, NA))
        )
        """,
        HASH=dataset.upload(frame, "from python", "").hash,
        **login,
    )


def test_wrong_calls_are_conditions_that_say_where(r, login, wine):
    name, _, data = wine
    data.drop(columns="target").head(2).to_csv(r.folder / "rows.csv", index=False)
    r.run(
        """
        caught <- function(call, class) tryCatch(call, weles_error = function(error) {
          stopifnot(inherits(error, class), nzchar(error$next_step))
          error
        })
        name <- Sys.getenv("MODEL")
        rows <- read.csv("/exchange/rows.csv", check.names = FALSE)
        wrong <- rows
        wrong$alcohol <- c("14", "strong")
        error <- caught(model_predict(name, wrong), "weles_invalid_input")
        problem <- error$fields$problems[[length(error$fields$problems)]]
        stopifnot(problem$column == "alcohol", problem$row == 1L, grepl("strong", conditionMessage(error)))
        error <- caught(model_predict(name, rows[-1]), "weles_invalid_input")
        stopifnot(grepl(names(rows)[1], conditionMessage(error), fixed = TRUE))
        stopifnot(inherits(caught(model_predict("nobody-has-this", rows), "weles_not_found"), "weles_caller_error"))
        weles_connect(token = "wrong")
        caught(model_info(name), "weles_unauthenticated")
        """,
        MODEL=name,
        **login,
    )


def test_a_user_is_made_and_logs_in(r, login):
    r.run(
        """
        name <- Sys.getenv("NAME")
        made <- user_create(name, "a long password")
        Sys.unsetenv("WELES_TOKEN")
        user_login(name, "a long password", url = Sys.getenv("WELES_URL"))
        error <- tryCatch(user_create("other", "a long password"), weles_error = identity)
        stopifnot(inherits(error, "weles_forbidden"))
        stopifnot(nrow(model_search("no model has such a name")) == 0)
        """,
        NAME=f"ann-{uuid.uuid4().hex[:8]}",
        XDG_CONFIG_HOME="/tmp/config",
        **login,
    )
