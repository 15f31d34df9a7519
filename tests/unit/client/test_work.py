"""Jobs, audits, comparisons and explanations, as they are asked for and as they come back."""

import json

import numpy as np
import pandas as pd
import pytest
import weles
from weles import cli, model, work

from tests.unit.client.fake_lake import Answer

HASH = "sha256:" + "d" * 64
RUNNING = {"id": "j", "kind": "audit", "model": "wine", "version": 2, "state": "running", "phase": "predict"}
DATA = {
    "kind": "shap",
    "rows": [
        {"prediction": 0.9, "intercept": 0.5, "contributions": [{"variable": "x", "value": 1, "contribution": 0.4}]}
    ],
}


def _ended(**result):
    return {**RUNNING, "state": "succeeded", "phase": "done", "percent": 100, "result": result}


def _audit(lake, **measures):
    lake.on("POST", "/models/wine/audits", Answer({"job": "j", "kind": "audit", "state": "queued"}, 202))
    lake.on("GET", "/jobs/j", RUNNING, _ended(measures=measures))


def test_one_measure_is_a_number_and_more_are_a_dict(connected, pauses):
    _audit(connected, accuracy=0.75)
    assert model.audit("wine", "acc", HASH, "y", version=2) == 0.75
    asked = connected.asked[0]
    assert asked.query == {"version": "2"}
    assert asked.json() == {"dataset": HASH, "target": "y", "measures": ["acc"]}
    _audit(connected, accuracy=0.75, auc=None)
    assert model.audit("wine", data=HASH) == {"accuracy": 0.75, "auc": None}
    assert [*filter(lambda each: each.method == "POST", connected.asked)][-1].json() == {"dataset": HASH}


def test_data_are_stored_before_they_are_audited(connected, pauses):
    connected.on("POST", "/datasets", Answer({"hash": HASH, "rows": 1, "columns": []}, 201))
    _audit(connected, rmse=1.5)
    assert model.audit("wine", "rmse", pd.DataFrame({"x": [1.0], "y": [2.0]}), "y", "new", "data") == 1.5
    metadata = json.loads(connected.asked[0].parts()["metadata"][1])
    assert metadata == {"name": "new", "description": "data"}
    with pytest.raises(weles.InvalidInput, match="no data"):
        model.audit("wine", "rmse")


def test_a_job_that_failed_raises_what_it_failed_with(connected, pauses):
    problem = {"type": "/problems/measure-misfit", "detail": "no", "family": "caller", "next": "", "available": ["f1"]}
    _audit(connected)
    connected.on("GET", "/jobs/j", {**RUNNING, "state": "failed", "problem": problem})
    with pytest.raises(weles.MeasureMisfit) as refused:
        model.audit("wine", "rmse", HASH)
    assert refused.value.fields["available"] == ["f1"]
    connected.on("GET", "/jobs/j", {**RUNNING, "state": "cancelled"})
    with pytest.raises(weles.Cancelled, match="cancelled"):
        model.audit("wine", "rmse", HASH)


def test_models_side_by_side_are_a_frame(connected, pauses):
    for name, language in (("wine", "python"), ("tree", "r")):
        known = {"name": name, "version": 3, "language": language, "flavour": "f"}
        connected.on("GET", f"/models/{name}", known)
        connected.on("POST", f"/models/{name}/audits", Answer({"job": name}, 202))
    connected.on("GET", "/jobs/wine", _ended(measures={"accuracy": 0.9, "auc": 0.8}))
    connected.on("GET", "/jobs/tree", _ended(measures={"accuracy": 0.7}))
    table = model.compare(["wine", ("tree", 3)], HASH)
    assert table.columns.tolist() == ["model", "version", "language", "flavour", "accuracy", "auc"]
    assert table["accuracy"].tolist() == [0.9, 0.7]
    assert table["auc"].isna().tolist() == [False, True]


def test_an_explanation_is_asked_for_and_its_plot_saved(connected, pauses, tmp_path):
    connected.on("POST", "/models/wine/explanations", Answer({"job": "j"}, 202))
    connected.on("GET", "/jobs/j", _ended(explanation="e"))
    kept = {"id": "e", "model": "wine", "version": 2, "data": DATA}
    connected.on("GET", "/explanations/e", Answer(kept), Answer(body=b"\x89PNG"))
    made = model.explain("wine", "shap", {"x": 1}, class_name="red", seed=3)
    assert connected.asked[0].json() == {
        "kind": "shap",
        "rows": {"columns": ["x"], "data": [[1]]},
        "class": "red",
        "seed": 3,
    }
    assert made.frame().to_dict("records") == [{"row": 0, "variable": "x", "value": 1, "contribution": 0.4}]
    assert made.save(tmp_path / "plot.png").read_bytes() == b"\x89PNG"
    assert connected.asked[-1].headers["accept"] == "image/png"
    with pytest.raises(weles.InvalidRequest, match="no plot"):
        made.save(tmp_path / "plot.gif")
    with pytest.raises(weles.InvalidRequest, match="no explanation"):
        model.explain("wine", "lime")


@pytest.mark.parametrize("rows", [np.array([[1.0, 2.0]]), [[1.0, 2.0]], [{"a": 1.0, "b": 2.0}]])
def test_rows_are_explained_in_every_form_in_which_they_are_predicted(connected, pauses, rows):
    connected.on("GET", "/models/wine", {"name": "wine", "inputs": [{"name": "a"}, {"name": "b"}]})
    connected.on("POST", "/models/wine/explanations", Answer({"job": "j"}, 202))
    connected.on("GET", "/jobs/j", _ended(explanation="e"))
    connected.on("GET", "/explanations/e", {"id": "e", "model": "wine", "version": 2, "data": DATA})
    model.explain("wine", "shap", rows)
    (asked,) = connected.requests("POST", "/models/wine/explanations")
    assert asked.json()["rows"] == {"columns": ["a", "b"], "data": [[1.0, 2.0]]}


def test_rows_are_predicted_later_and_a_hash_at_once(connected):
    connected.on("POST", "/models/wine/predictions", Answer({"job": "j"}, 202))
    connected.on("GET", "/jobs/j", RUNNING)
    job = model.predict_later("wine", HASH, mode="prob", result_name="guesses")
    assert (job.id, job.state, job.ended) == ("j", "running", False)
    assert connected.asked[0].json() == {"dataset": HASH}
    assert connected.asked[0].query == {"mode": "prob", "name": "guesses"}
    answer = {"columns": [{"name": "prediction", "type": "int64"}], "data": [[1], [0]], "model": "wine"}
    connected.on("POST", "/models/wine/predict", answer)
    assert model.predict("wine", HASH).tolist() == [1, 0]
    assert connected.asked[-1].json() == {"dataset": HASH}


def test_columns_are_prepared_when_that_is_asked_for(connected):
    connected.on("GET", "/models/wine", {"name": "wine", "inputs": [{"name": "A.b", "type": "int64"}]})
    answer = {"columns": [{"name": "prediction", "type": "int64"}], "data": [[1]]}
    connected.on("POST", "/models/wine/predict", answer)
    assert model.predict("wine", {"x": [7], "a_b": [5]}, prepare_columns=True) == [1]
    assert connected.asked[-1].json() == {"columns": ["A.b"], "data": [[5]]}


def test_jobs_are_listed_cancelled_and_read(connected):
    connected.on("GET", "/jobs", {"jobs": [RUNNING]})
    (job,) = work.mine(state="running")
    assert connected.asked[-1].query == {"state": "running", "limit": "50"}
    connected.on("DELETE", "/jobs/j", {**RUNNING, "state": "cancelled"})
    assert job.cancel().state == "cancelled"
    connected.on("GET", "/jobs/j/log", Answer(body=b"a line\n"))
    assert job.log() == "a line\n"


def test_the_commands(connected, pauses, capsys, tmp_path):
    _audit(connected, accuracy=0.75)
    assert cli.main(["audit", "wine", HASH, "--measure", "acc", "--target", "y"]) == 0
    assert json.loads(capsys.readouterr().out) == {"accuracy": 0.75}
    connected.on("GET", "/models/wine", {"name": "wine", "version": 2, "language": "r"})
    assert cli.main(["compare", "wine:2", "--data", HASH]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["language"], row["accuracy"]) == ("r", 0.75)
    connected.on("POST", "/models/wine/explanations", Answer({"job": "e"}, 202))
    connected.on("GET", "/jobs/e", _ended(explanation="e"))
    kept = {"id": "e", "model": "wine", "version": 2, "data": DATA}
    connected.on("GET", "/explanations/e", Answer(kept), Answer(body=b"<svg/>"))
    plot = tmp_path / "plot.svg"
    assert cli.main(["explain", "wine", "shap", "--row-number", "0", "--plot", str(plot)]) == 0
    assert json.loads(capsys.readouterr().out)["data"] == DATA
    assert plot.read_bytes() == b"<svg/>"
    connected.on("DELETE", "/jobs/j", {**RUNNING, "state": "cancelled"})
    assert cli.main(["job", "j", "--cancel"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "cancelled"


def test_commands_of_what_is_kept(lake, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WELES_URL", lake.url)
    lake.on("GET", "/models/wine/audits", {"audits": [{"measure": "acc", "value": 0.5}]})
    lake.on("GET", "/audits", {"audits": [{"model": "wine"}]})
    lake.on("GET", "/measures", {"measures": [{"name": "acc"}]})
    lake.on("GET", "/models/wine/explanations", {"explanations": [{"id": "e"}]})
    lake.on("GET", "/runtimes", {"runtimes": [{"language": "r", "version": "4.2.2", "image": "i"}]})
    lake.on("GET", f"/environments/{HASH}", {"id": HASH, "state": "ready"})
    lake.on("GET", "/users/bob", {"name": "bob", "role": "member", "disabled_at": None})
    for words, expected in (
        (["audits", "wine", "--data", HASH], [{"measure": "acc", "value": 0.5}]),
        (["dataset", "audits", HASH, "--measure", "acc"], [{"model": "wine"}]),
        (["measures"], [{"name": "acc"}]),
        (["explanations", "wine", "--model-version", "2"], [{"id": "e"}]),
        (["env", "info", HASH], {"id": HASH, "state": "ready"}),
        (["user", "get", "bob"], {"name": "bob", "role": "member", "disabled_at": None}),
    ):
        assert cli.main(words) == 0
        assert json.loads(capsys.readouterr().out) == expected
    assert [each.query for each in lake.asked[:4]] == [
        {"dataset": HASH},
        {"dataset": HASH, "measure": "acc"},
        {},
        {"version": "2"},
    ]
    assert cli.main(["env", "runtimes"]) == 0
    assert capsys.readouterr().out == "r 4.2.2\n"


def test_a_kept_explanation_is_shown_and_drawn(lake, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WELES_URL", lake.url)
    kept = {"id": "e", "model": "wine", "version": 2, "data": DATA}
    lake.on("GET", "/explanations/e", kept, Answer(body=b"<svg/>", headers={"Content-Type": "image/svg+xml"}))
    assert cli.main(["explanation", "e", "--plot", str(tmp_path / "why.svg")]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "shap"
    assert (tmp_path / "why.svg").read_bytes() == b"<svg/>"


def test_the_command_prepares_the_columns_of_a_csv(lake, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WELES_URL", lake.url)
    lake.on("GET", "/models/wine", {"inputs": [{"name": "x", "type": "float64"}]})
    lake.on("POST", "/models/wine/predict", Answer(body=b"prediction\n1\n", headers={"Content-Type": "text/csv"}))
    lake.on("POST", "/models/wine/predictions", Answer({"job": "j"}, 202))
    lake.on("GET", "/jobs/j", RUNNING)
    (tmp_path / "rows.csv").write_text("other,X\n1,2\n")
    rows = ["predict", "wine", str(tmp_path / "rows.csv"), "--prepare-columns"]
    assert cli.main(rows) == 0
    assert lake.requests("POST", "/models/wine/predict")[0].body == b"x\n2\n"
    assert cli.main([*rows, "--later", "--result-name", "guesses"]) == 0
    (asked,) = lake.requests("POST", "/models/wine/predictions")
    assert (asked.body, asked.query["name"]) == (b"x\n2\n", "guesses")
    (tmp_path / "rows.json").write_text("[]")
    assert cli.main(["predict", "wine", str(tmp_path / "rows.json"), "--prepare-columns"]) == 1
