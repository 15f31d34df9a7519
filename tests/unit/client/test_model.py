import datetime as dt
import json
import platform

import numpy as np
import pandas as pd
import pytest
import weles
from pandas.testing import assert_frame_equal, assert_series_equal
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from weles import frames, model
from weles.frames import FrameTable
from weles.tables import from_document, from_values

from .fake_lake import Answer, problem

HASH = "sha256:" + "a" * 64
RUN = {"model": "wine", "version": 2, "environment": "sha256:e", "image": "sha256:i", "mode": "exact"}


@pytest.fixture(scope="module")
def wine():
    return load_wine(as_frame=True).frame[["alcohol", "hue", "target"]]


@pytest.fixture(scope="module")
def fitted(wine):
    return LogisticRegression().fit(wine[["alcohol", "hue"]], wine.target)


def _job(state, phase, percent, **members):
    return {"id": "j1", "kind": "prepare", "model": "wine", "version": 2, "state": state, "phase": phase,
            "percent": percent, "detail": "", "environment": None, "problem": None, "notes": [], **members}  # fmt: skip


def _accepts(lake, notes=()):
    accepted = {"model": "wine", "version": 2, "job": "j1", "state": "queued", "notes": list(notes)}
    lake.on("POST", "/models", Answer(accepted, 202))


def _upload(fitted, data, **options):
    return model.upload(
        fitted, "wine", "Logistic", "target", ["wine"], data, "wine data", "178 wines",
        environment="scikit-learn==1.5.2\n", **options,
    )  # fmt: skip


def test_an_upload_sends_everything_that_the_lake_needs(connected, fitted, wine, capsys):
    _accepts(connected, ["pip: constraint; not needed on its own"])
    made = _upload(fitted, wine)
    assert made == model.Upload("wine", 2, "j1", "queued", ("pip: constraint; not needed on its own",))
    assert "note: pip: constraint" in capsys.readouterr().err
    parts = connected.requests("POST", "/models")[0].parts()
    assert {name: kind for name, (kind, _) in parts.items()} == {
        "metadata": "application/json",
        "model": "application/octet-stream",
        "requirements": "text/plain",
        "golden": "application/json",
        "data": "application/json",
    }
    metadata = json.loads(parts["metadata"][1])
    assert metadata.pop("system")["machine"] == platform.machine()
    assert metadata == {
        "name": "wine",
        "description": "Logistic",
        "target": "target",
        "tags": ["wine"],
        "flavour": "sklearn",
        "format": "pickle",
        "language": "python",
        "language_version": platform.python_version(),
        "model_class": "sklearn.linear_model._logistic.LogisticRegression",
        "data_name": "wine data",
        "data_description": "178 wines",
    }
    assert parts["requirements"][1] == b"scikit-learn==1.5.2\n"
    sent = from_document(json.loads(parts["data"][1]))
    assert_frame_equal(frames.to_frame(sent.fields, sent.columns(0, sent.rows)), wine)
    golden = json.loads(parts["golden"][1])
    assert len(golden["rows"]["data"]) == len(golden["exact"]["data"]) == len(golden["prob"]["data"]) == 20


def test_without_an_environment_this_interpreters_freeze_is_sent(connected, fitted, wine):
    _accepts(connected)
    model.upload(fitted, "wine", "", "target", [], wine)
    parts = connected.requests("POST", "/models")[0].parts()
    assert b"scikit-learn==" in parts["requirements"][1]
    assert json.loads(parts["metadata"][1])["data_name"] == "data of wine"


def test_a_stored_dataset_is_named_and_its_rows_are_the_golden_ones(connected, fitted, wine):
    _accepts(connected)
    connected.on("GET", f"/datasets/{HASH}/info", {"hash": HASH, "rows": len(wine)})
    connected.on("GET", f"/datasets/{HASH}", FrameTable(wine).document())
    _upload(fitted, HASH)
    parts = connected.requests("POST", "/models")[0].parts()
    assert "data" not in parts
    assert json.loads(parts["metadata"][1])["dataset"] == HASH
    assert len(json.loads(parts["golden"][1])["rows"]["data"]) == 20


def test_of_a_large_stored_dataset_only_the_first_rows_are_fetched(connected, fitted, wine):
    _accepts(connected)
    connected.on("GET", f"/datasets/{HASH}/info", {"hash": HASH, "rows": 10**7})
    connected.on("GET", f"/datasets/{HASH}/head", FrameTable(wine).document())
    _upload(fitted, HASH)
    assert connected.requests("GET", f"/datasets/{HASH}/head")[0].query == {"rows": "1000"}


def test_a_data_file_gets_its_types_from_the_lake(connected, fitted, wine, tmp_path):
    _accepts(connected)
    connected.on("POST", "/datasets", Answer({"hash": HASH, "rows": len(wine), "columns": []}, 201))
    connected.on("GET", f"/datasets/{HASH}/info", {"hash": HASH, "rows": len(wine)})
    connected.on("GET", f"/datasets/{HASH}", FrameTable(wine).document())
    file = tmp_path / "wine.csv"
    wine.to_csv(file, index=False)
    _upload(fitted, file)
    stored = connected.requests("POST", "/datasets")[0].parts()
    assert stored["data"] == ("text/csv", file.read_bytes())
    assert json.loads(stored["metadata"][1]) == {"name": "wine data", "description": "178 wines"}
    assert json.loads(connected.requests("POST", "/models")[0].parts()["metadata"][1])["dataset"] == HASH


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"mod": object()}, weles.InvalidModel),
        ({"target": "quality"}, weles.InvalidInput),
        ({"tags": "wine"}, weles.InvalidRequest),
        ({"data": "wine.xlsx"}, weles.InvalidInput),
        ({"data": "gone.csv"}, weles.InvalidInput),
        ({"data": 5}, weles.InvalidInput),
        ({"environment": "gone.txt"}, weles.InvalidEnvironment),
    ],
)
def test_what_is_wrong_here_is_never_sent(connected, fitted, wine, change, error):
    given = {"mod": fitted, "name": "wine", "description": "", "target": "target", "tags": [], "data": wine,
             "environment": "a==1", **change}  # fmt: skip
    with pytest.raises(error) as caught:
        model.upload(**given)
    assert caught.value.next
    assert connected.asked == []


def test_bad_requirements_are_shown_line_by_line(connected, fitted, wine):
    lines = [{"line": 3, "text": "numpy>=1", "reason": "is not pinned"}]
    connected.on("POST", "/models", problem("invalid-environment", 422, "It cannot be used.", problems=lines))
    with pytest.raises(weles.InvalidEnvironment, match="line 3: 'numpy>=1', is not pinned"):
        _upload(fitted, wine)


def test_waiting_shows_progress_and_ends_when_it_is_ready(connected, fitted, wine, pauses, capsys):
    _accepts(connected, ["one"])
    connected.on(
        "GET", "/jobs/j1", _job("queued", "queued", 0), _job("running", "build", 40), _job("running", "build", 60),
        _job("succeeded", "ready", 100, notes=["one", "two"]),
    )  # fmt: skip
    made = _upload(fitted, wine, wait=True)
    assert (made.state, made.notes) == ("succeeded", ("one", "two"))
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line.startswith("note")] == ["note: one", "note: two"]
    assert [line.split(": ")[1] for line in said if line.startswith("wine")] == [
        "queued (0%)", "build (40%)", "ready (100%)"
    ]  # fmt: skip
    assert len(pauses) == 3


def test_status_waits_and_raises_what_went_wrong(connected, pauses):
    connected.on("GET", "/models/wine", {"name": "wine", "version": 2, "state": "building", "job": "j1"})
    reason = {"type": "/problems/model-not-loadable", "detail": "No module named 'mine'", "family": "model",
              "next": "Upload it again.", "traceback": "Traceback\n  import mine"}  # fmt: skip
    connected.on("GET", "/jobs/j1", _job("running", "verify", 90), _job("failed", "verify", 90, problem=reason))
    with pytest.raises(weles.UploadFailed, match="import mine") as caught:
        model.status("wine", 2)
    assert connected.asked[0].query == {"version": "2"}
    assert caught.value.family == "model"
    assert isinstance(caught.value.reason, weles.ModelNotLoadable)
    assert (caught.value.model, caught.value.version, caught.value.job) == ("wine", 2, "j1")


def test_a_failure_without_traceback_shows_the_end_of_the_log(connected):
    connected.on("GET", "/models/wine", {"name": "wine", "version": 2, "state": "failed", "job": "j1"})
    reason = {"error": "BuilderUnavailable", "detail": "no space left", "next": "", "fields": {}}
    connected.on("GET", "/jobs/j1", _job("failed", "build", 50, problem=reason))
    log = "\n".join(f"line {number}" for number in range(100))
    connected.on("GET", "/jobs/j1/log", Answer(body=log.encode(), headers={"Content-Type": "text/plain"}))
    with pytest.raises(weles.UploadFailed, match="line 99") as caught:
        model.status("wine")
    assert len(caught.value.log.splitlines()) == 20
    assert caught.value.family == "lake"
    connected.on("GET", "/jobs/j1/log", problem("lake-busy", 500, "no log"))
    with pytest.raises(weles.UploadFailed, match="no space left"):
        model.status("wine")


def test_status_without_waiting_says_how_it_is(connected):
    connected.on("GET", "/models/wine", {"name": "wine", "version": 2, "state": "failed", "job": "j1"})
    connected.on("GET", "/jobs/j1", _job("failed", "build", 50, problem={"detail": "d"}))
    now = model.status("wine", wait=False)
    assert (now.state, now.phase, now.percent, now.ready, now.ended) == ("failed", "build", 50.0, False, True)
    assert now.problem == {"detail": "d"}


def test_a_version_without_a_job_has_its_own_state(connected):
    connected.on("GET", "/models/wine", {"name": "wine", "version": 1, "state": "ready", "job": None})
    assert model.status("wine").ready


def _predicts(lake, columns, **members):
    lake.on("POST", "/models/wine/predict", {**RUN, **from_values(columns).document(), **members})


def test_pandas_in_pandas_out(connected, wine):
    rows = wine[["alcohol", "hue"]].iloc[[5, 3]]
    _predicts(connected, {"prediction": [2, 0]})
    got = model.predict("wine", rows)
    assert_series_equal(got, pd.Series([2, 0], index=[5, 3], name="prediction"))
    assert got.attrs["weles"] == {"model": "wine", "version": 2, "environment": "sha256:e", "image": "sha256:i"}
    asked = connected.asked[-1]
    assert asked.query == {"mode": "exact"}
    assert asked.headers["content-type"] == "application/json"
    assert asked.json() == {"columns": ["alcohol", "hue"], "data": rows.to_numpy().tolist()}

    _predicts(connected, {"0": [0.25, 1.0], "1": [0.75, 0.0]})
    got = model.predict("wine", rows, mode="prob", version=2)
    assert_frame_equal(got, pd.DataFrame({"0": [0.25, 1.0], "1": [0.75, 0.0]}, index=[5, 3]))
    assert connected.asked[-1].query == {"mode": "prob", "version": "2"}


def test_other_tables_in_lists_out(connected):
    expected = {"columns": ["alcohol", "hue"], "data": [[13.5, 1.0], [12.0, None]]}
    connected.on("GET", "/models/wine", {"inputs": [{"name": "alcohol", "type": "float64"},
                                                    {"name": "hue", "type": "float64"}]})  # fmt: skip
    for rows in (
        [{"alcohol": 13.5, "hue": 1.0}, {"hue": None, "alcohol": 12.0}],
        {"alcohol": [13.5, 12.0], "hue": [1.0, None]},
        {"alcohol": np.array([13.5, 12.0]), "hue": (1.0, None)},
        [[13.5, 1.0], [12.0, None]],
    ):
        _predicts(connected, {"prediction": [dt.date(2020, 1, 1), None]})
        assert model.predict("wine", rows) == [dt.date(2020, 1, 1), None]
        assert connected.asked[-1].json() == expected
    _predicts(connected, {"a": [0.5], "b": [float("inf")]})
    assert model.predict("wine", np.array([[1.0, 2.0]]), mode="prob") == [{"a": 0.5, "b": float("inf")}]
    assert connected.asked[-1].json()["data"] == [[1.0, 2.0]]


def test_files_are_sent_as_they_are(connected, tmp_path):
    (tmp_path / "x.csv").write_text("alcohol,hue\n13.5,1\n")
    _predicts(connected, {"prediction": ["good"]})
    assert model.predict("wine", tmp_path / "x.csv") == ["good"]
    assert (connected.asked[-1].headers["content-type"], connected.asked[-1].body) == (
        "text/csv", b"alcohol,hue\n13.5,1\n"
    )  # fmt: skip
    (tmp_path / "x.json").write_text('[{"alcohol": 13.5}]')
    connected.on("POST", "/models/wine/predict", {**RUN, "predictions": [{"prediction": "good"}]})
    assert model.predict("wine", str(tmp_path / "x.json")) == ["good"]


def test_several_answers_for_each_row_are_a_table(connected, wine):
    _predicts(connected, {"prediction_0": [1], "prediction_1": [2]})
    assert model.predict("wine", [{"alcohol": 1.0}]) == [{"prediction_0": 1, "prediction_1": 2}]
    assert list(model.predict("wine", wine.iloc[:1]).columns) == ["prediction_0", "prediction_1"]


@pytest.mark.parametrize("rows", [5, None, [], [1, 2], np.array([1.0]), {"a": 1}, "x.txt", pd.Series([1])])
def test_what_is_no_table_is_refused(connected, rows):
    with pytest.raises(weles.InvalidInput) as caught:
        model.predict("wine", rows)
    assert caught.value.next
    assert connected.asked == []


def test_a_wrong_mode_is_refused(connected):
    with pytest.raises(weles.InvalidRequest, match="exact"):
        model.predict("wine", [{"a": 1}], mode="probability")


def test_a_prediction_waits_for_an_environment_that_is_nearly_ready(connected, pauses):
    later = problem("environment-not-ready", 503, "not yet", headers={"Retry-After": "1"})
    answer = {**RUN, **from_values({"prediction": [1]}).document()}
    connected.on("POST", "/models/wine/predict", later, answer)
    assert model.predict("wine", [{"a": 1}]) == [1]
    assert pauses == [1.0]


def test_the_models_own_error_comes_with_its_traceback(connected):
    raised = problem("model-raised", 502, "The model raised ValueError: odd", traceback="Traceback …\nValueError: odd")
    connected.on("POST", "/models/wine/predict", raised)
    with pytest.raises(weles.ModelRaised, match="ValueError: odd") as caught:
        model.predict("wine", [{"a": 1}])
    assert caught.value.traceback == "Traceback …\nValueError: odd"


def test_info_is_what_the_lake_says(connected):
    connected.on("GET", "/models/wine", {"name": "wine", "version": 1})
    assert model.info("wine", version=1) == {"name": "wine", "version": 1}
    with pytest.raises(weles.NotFound):
        model.info("beer")
