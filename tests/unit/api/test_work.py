"""Asking for work that the lake does later: what is taken, what is refused at once, and who sees what."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.api.services import services
from registry.app import create_app
from registry.db.models import SqlModels
from registry.domain.access import Audience, Visibility
from registry.domain.entities import Explanation, JobState, NewAudit, Phase, Shown, now
from registry.domain.errors.model import ModelRaised
from registry.domain.ports.desk import Desk
from registry.services import batch
from registry.settings import Settings
from tests.unit.api.uploads import upload

MODEL = "/api/v1/models/wine"


def _ready(app: Flask, name: str = "wine") -> str:
    """Make the model ready, as its preparation would; the hash of its data."""
    with app.app_context():
        version = services().models.version(name)
        models: Any = services().models
        assert isinstance(models, SqlModels)
        models.version_is_ready(version.id, Shown([]))
        return str(version.dataset_hash)


@pytest.fixture
def data(app: Flask, client: FlaskClient) -> str:
    upload(client)
    return _ready(app)


def test_work_is_a_job_that_can_be_seen_and_cancelled(client: FlaskClient, data: str) -> None:
    for what, kind, document in (
        ("predictions", "predict", {"dataset": data, "mode": "prob", "name": "guesses"}),
        ("audits", "audit", {"dataset": data, "measures": ["acc"]}),
        ("explanations", "explain", {"kind": "shap", "rows": [{"x": 1.5}], "seed": 3}),
    ):
        response = client.post(f"{MODEL}/{what}", json=document)
        assert response.status_code == 202, response.text
        assert response.json == {"job": response.json["job"], "kind": kind, "state": "queued"}
        job = client.get(response.headers["Location"]).json
        assert (job["kind"], job["owner"], job["model"], job["result"]) == (kind, "admin", "wine", None)
        # The same question before it is answered is the same job.
        assert client.post(f"{MODEL}/{what}", json=document).json["job"] == job["id"]
        assert client.get(f"/api/v1/jobs/{job['id']}/log").text == ""
        assert client.delete(f"/api/v1/jobs/{job['id']}").json["state"] == "cancelled"
        assert client.post(f"{MODEL}/{what}", json=document).json["job"] != job["id"]
    states = [each["state"] for each in client.get("/api/v1/jobs").json["jobs"]]
    assert sorted(states) == ["cancelled"] * 3 + ["queued"] * 4
    assert len(client.get("/api/v1/jobs?state=cancelled&limit=2").json["jobs"]) == 2
    # What prepared the version is still its job.
    assert client.get(MODEL).json["job"] in [each["id"] for each in client.get("/api/v1/jobs").json["jobs"]]


def test_what_was_asked_is_kept_with_every_default(client: FlaskClient, data: str) -> None:
    job = client.post(f"{MODEL}/audits", json={"dataset": data}).json["job"]
    assert client.get(f"/api/v1/jobs/{job}").json["request"] == {"dataset": data, "target": "y", "measures": []}
    job = client.post(f"{MODEL}/explanations", json={"kind": "permutation_importance"}).json["job"]
    asked = client.get(f"/api/v1/jobs/{job}").json["request"]
    assert (asked["dataset"], asked["target"], asked["background"], asked["repetitions"]) == (data, "y", 2, 10)


@pytest.mark.parametrize(
    ("what", "document", "status", "said"),
    [
        ("audits", {}, 400, "dataset"),
        ("audits", {"dataset": "sha256:" + "0" * 64}, 404, "no dataset"),
        ("audits", {"dataset": None, "measures": ["nosuch"]}, 422, "nosuch"),
        ("audits", {"dataset": None, "target": "z"}, 422, "no column 'z'"),
        ("predictions", {"dataset": None, "colour": "red"}, 400, "not only that"),
        ("predictions", {"dataset": None, "mode": "loud"}, 400, "not only that"),
        ("predictions", [{"x": "text"}], 422, "column 'x'"),
        ("explanations", {"kind": "lime"}, 400, ""),
        ("explanations", {"kind": "shap"}, 400, "single rows"),
        ("explanations", {"kind": "shap", "rows": [{"x": 1}], "row_numbers": [0]}, 400, "single rows"),
        ("explanations", {"kind": "shap", "rows": []}, 422, "1 to 20"),
        ("explanations", {"kind": "shap", "rows": [{"x": 1}] * 21}, 422, "1 to 20"),
        ("explanations", {"kind": "shap", "rows": "x"}, 422, "not a table"),
        ("explanations", {"kind": "shap", "row_numbers": [-1]}, 400, ""),
        ("explanations", {"kind": "break_down", "rows": [{"x": 1}], "columns": ["x"]}, 400, "together"),
        ("explanations", {"kind": "partial_dependence", "columns": ["z"]}, 422, "no column 'z'"),
        ("explanations", {"kind": "partial_dependence", "background": 10_001}, 400, ""),
        ("explanations", {"kind": "permutation_importance", "loss": "1-luck"}, 400, ""),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(
    client: FlaskClient, data: str, what: str, document: Any, status: int, said: str
) -> None:
    if isinstance(document, dict) and "dataset" in document and document["dataset"] is None:
        document = {**document, "dataset": data}
    response = client.post(f"{MODEL}/{what}", json=document)
    assert response.status_code == status, response.text
    assert said in json.dumps(response.json, ensure_ascii=False)
    assert response.json["next"]
    kinds = {job["kind"] for job in client.get("/api/v1/jobs").json["jobs"]}
    assert kinds == {"prepare"}


def test_a_model_that_is_not_ready_does_no_work(client: FlaskClient) -> None:
    upload(client, "new")
    for what in ("predictions", "audits", "explanations"):
        response = client.post(f"/api/v1/models/new/{what}", json={"dataset": "sha256:x", "kind": "shap"})
        assert response.status_code == (400 if what == "audits" else 503), response.text


def test_rows_that_come_with_the_question_become_a_dataset(client: FlaskClient, data: str) -> None:
    response = client.post(
        f"{MODEL}/predictions?mode=prob&name=mine", data="x\n1.5\n2.5\n3.5\n", content_type="text/csv"
    )
    job = client.get(response.headers["Location"]).json
    assert (job["request"]["mode"], job["request"]["name"]) == ("prob", "mine")
    stored = client.get(f"/api/v1/datasets/{job['request']['dataset']}/info").json
    assert (stored["rows"], [column["name"] for column in stored["columns"]]) == (3, ["x"])


def test_too_much_work_is_refused_with_how_much_it_is(
    settings: Settings, desk: Desk, client: FlaskClient, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = create_app(Settings.from_environ({"WELES_MAX_JOB_VALUES": "50"}, home=settings.home), desk=desk)
    asking = small.test_client()
    asking.environ_base = client.environ_base
    response = asking.post(f"{MODEL}/explanations", json={"kind": "shap", "rows": [{"x": 1.0}]})
    # 25 repetitions of 2 rows, once for the mean and once for the column; then the 2 rows and the one.
    assert (response.status_code, response.json["amount"], response.json["limit"]) == (413, 103, 50)
    assert asking.post(f"{MODEL}/audits", json={"dataset": data}).status_code == 202
    monkeypatch.setattr(batch, "MOST_ROWS_AT_ONCE", 1)
    response = client.post(f"{MODEL}/predict", json={"dataset": data})
    assert (response.status_code, response.json["type"]) == (413, "/problems/too-much-work")
    assert "`predictions`" in response.json["next"]


def test_who_may_use_a_model_may_explain_it_and_is_not_shown_its_data(
    app: Flask, client: FlaskClient, member: FlaskClient, data: str
) -> None:
    assert member.post(f"{MODEL}/explanations", json={"kind": "shap", "rows": [{"x": 1.0}]}).status_code == 404
    with app.app_context():
        services().access.share_model("wine", Audience(Visibility.SHARED, ("ann",)))
    assert member.get(f"/api/v1/datasets/{data}").status_code == 404
    assert member.post(f"{MODEL}/explanations", json={"kind": "shap", "rows": [{"x": 1.0}]}).status_code == 202
    refused = member.post(f"{MODEL}/explanations", json={"kind": "shap", "row_numbers": [0]})
    assert (refused.status_code, "rows themselves" in refused.json["next"]) == (404, True)
    refused = member.post(f"{MODEL}/explanations", json={"kind": "partial_dependence", "background": 1})
    assert (refused.status_code, "at least 50" in refused.json["detail"]) == (400, True)
    for what in ("audits", "predictions"):
        assert member.post(f"{MODEL}/{what}", json={"dataset": data}).status_code == 404
    assert member.post(f"{MODEL}/predict", json={"dataset": data}).status_code == 404
    assert [job["owner"] for job in member.get("/api/v1/jobs").json["jobs"]] == ["ann"]


def test_jobs_and_explanations_are_between_the_lake_and_who_asked(
    app: Flask, client: FlaskClient, member: FlaskClient, data: str
) -> None:
    with app.app_context():
        services().access.share_model("wine", Audience(Visibility.PUBLIC))
        version = services().models.version("wine")
        plots = {
            "application/vnd.plotly.v1+json": b'{"data": [{"name": "</script><script>alert(1)"}], "layout": {}}',
            "image/svg+xml": b"<svg/>",
        }
        document = {"kind": "shap", "title": "Shapley values of wine", "rows": []}
        made = Explanation("e" * 32, version.id, "wine", 1, "admin", 1, {"kind": "shap"}, document, now())
        services().explanations.add(made, plots)
        services().explanations.add_plot_script("1", b"const Plotly = {};")
    job = client.post(f"{MODEL}/audits", json={"dataset": data}).json["job"]
    assert member.get(f"/api/v1/jobs/{client.get(MODEL).json['job']}").status_code == 200
    assert member.get(f"/api/v1/jobs/{job}").status_code == 404
    assert member.delete(f"/api/v1/jobs/{job}").status_code == 404
    assert member.get(f"/api/v1/explanations/{made.id}").status_code == 404
    assert member.get(f"{MODEL}/explanations").json == {"explanations": []}
    assert [each["id"] for each in client.get(f"{MODEL}/explanations").json["explanations"]] == [made.id]
    assert client.get(f"/api/v1/explanations/{made.id}").json["data"] == document
    page = client.get(f"/api/v1/explanations/{made.id}", headers={"Accept": "text/html"})
    assert page.text.count("</script>") == 2
    assert "sandbox allow-scripts" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    svg = client.get(f"/api/v1/explanations/{made.id}", headers={"Accept": "image/svg+xml"})
    assert (svg.data, svg.headers["Content-Security-Policy"].endswith("sandbox")) == (b"<svg/>", True)
    assert client.get(f"/api/v1/explanations/{made.id}", headers={"Accept": "image/gif"}).status_code == 406


def test_audits_are_shown_with_what_is_known_of_them(app: Flask, client: FlaskClient, data: str) -> None:
    with app.app_context():
        version = services().models.version("wine")
        services().audits.add([NewAudit(version.id, data, "y", "auc", 0.75, 2, "of the class 'b'")])
    (kept,) = client.get(f"/api/v1/audits?dataset={data}&measure=roc_auc").json["audits"]
    assert (kept["model"], kept["version"], kept["value"], kept["dataset"]) == ("wine", 1, 0.75, data)
    assert client.get(f"{MODEL}/audits?version=1").json["audits"] == [kept]
    assert client.get(f"{MODEL}/audits?measure=f1").json["audits"] == []
    assert client.get(f"{MODEL}/audits?measure=luck").status_code == 422
    assert (kept["asked_by"], kept["created_at"][:2]) == (None, "20")
    assert "rmse" in [each["name"] for each in client.get("/api/v1/measures").json["measures"]]


def test_who_asked_for_an_audit_is_told_to_them_and_to_administrators(
    app: Flask, client: FlaskClient, member: FlaskClient, data: str
) -> None:
    with app.app_context():
        here, public = services(), Audience(Visibility.PUBLIC)
        here.access.share_model("wine", public)
        here.access.share_aliases(here.accounts.user("admin"), data, public)
        version, ann = here.models.version("wine"), here.accounts.user("ann")
        for measure, asker in (("auc", ann.id), ("f1", here.accounts.user("admin").id), ("accuracy", None)):
            here.audits.add([NewAudit(version.id, data, "y", measure, 0.75, 2, "", asker)])
        # It is kept once, of who asked first.
        here.audits.add([NewAudit(version.id, data, "y", "f1", 0.75, 2, "", ann.id)])
        _, token = here.accounts.create_user("bob", "correct horse")
    bob = app.test_client()
    bob.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    for asking, expected in (
        (client, {"auc": "ann", "f1": "admin", "accuracy": None}),
        (member, {"auc": "ann", "f1": None, "accuracy": None}),
        (bob, {"auc": None, "f1": None, "accuracy": None}),
    ):
        for path in (MODEL, f"{MODEL}/audits", f"/api/v1/audits?dataset={data}"):
            assert {each["measure"]: each["asked_by"] for each in asking.get(path).json["audits"]} == expected, path


def test_a_job_that_failed_shows_a_problem_document(app: Flask, client: FlaskClient, data: str) -> None:
    job = client.post(f"{MODEL}/audits", json={"dataset": data}).json["job"]
    with app.app_context():
        problem = ModelRaised("ValueError", "no", "Traceback").to_document()
        services().jobs.update(job, JobState.FAILED, Phase.PREDICT, 10, "no", problem)
    shown = client.get(f"/api/v1/jobs/{job}").json
    assert (shown["state"], shown["problem"]["family"], shown["problem"]["status"]) == ("failed", "model", 502)
    assert shown["problem"]["traceback"] == "Traceback"


def test_a_form_is_no_question(client: FlaskClient, data: str) -> None:
    response = client.post(
        f"{MODEL}/predictions", data={"a": (io.BytesIO(b"x"), "x")}, content_type="multipart/form-data"
    )
    assert response.status_code == 415


def test_a_log_is_read_on_from_where_it_was_read_to(app: Flask, client: FlaskClient, data: str) -> None:
    job = client.post(f"{MODEL}/audits", json={"dataset": data}).json["job"]
    log, positions = f"/api/v1/jobs/{job}/log", []

    def read(lines: int) -> str:
        with app.app_context():
            services().jobs.log(job, [f"line {number}" for number in range(lines)])
        answer = client.get(log, query_string={"after": positions[-1] if positions else 0})
        positions.append(int(answer.headers["Weles-Log-Position"]))
        return str(answer.text)

    assert read(2) == "line 0\nline 1\n"
    assert read(0) == ""
    assert read(2500).count("\n") == 2500
    assert positions[0] == positions[1] < positions[2]
    client.delete(f"/api/v1/jobs/{job}")
    assert client.get(f"{log}?follow=true&after={positions[1]}").text.count("\n") == 2500
    assert client.get(f"{log}?after={2**63}").status_code == 400
