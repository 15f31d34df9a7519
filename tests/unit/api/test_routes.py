"""The web application without an engine: what it accepts, refuses, keeps and describes."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from registry import first_start
from registry.api.services import services
from registry.app import create_app
from registry.settings import Settings
from tests.unit.api.uploads import form, upload


def test_an_upload_is_accepted_and_its_job_waits(client: FlaskClient) -> None:
    response = upload(client)
    assert response.status_code == 202, response.text
    accepted = response.json
    assert (accepted["model"], accepted["version"], accepted["state"]) == ("wine", 1, "queued")
    assert len(accepted["notes"]) == 2
    assert "weles @ file:///home/ann/weles" in accepted["notes"][0]
    assert accepted["notes"][1] == "python 3.11.7 is not installed; 3.11.2, the nearest patch, is used"
    job = client.get(response.headers["Location"]).json
    assert (job["state"], job["phase"], job["percent"], job["problem"]) == ("queued", "queued", 0.0, None)
    model = client.get("/api/v1/models/wine").json
    assert model["inputs"] == [{"name": "x", "type": "float64"}]
    assert model["state"] == "pending"
    assert model["size"] == len(b"bytes of a model")
    assert model["environment"]["base"] == "python 3.11.2"


def test_versions_count_up_and_are_the_owners_alone(client: FlaskClient, member: FlaskClient) -> None:
    files = [(io.BytesIO(b"model %d" % number), "model.pkl") for number in range(3)]
    assert [upload(client, model=file).json["version"] for file in files] == [1, 2, 3]
    refused = upload(member)
    assert refused.status_code == 403
    assert client.get("/api/v1/models/wine").json["versions"] == [1, 2, 3]
    assert upload(member, "other").status_code == 202
    assert [model["name"] for model in client.get("/api/v1/models").json["models"]] == ["other", "wine"]
    assert [model["name"] for model in member.get("/api/v1/models").json["models"]] == ["other"]


def test_what_is_anothers_is_not_there(client: FlaskClient, member: FlaskClient) -> None:
    job = upload(client).json["job"]
    content_hash = client.get("/api/v1/models/wine").json["dataset"]["hash"]
    for path in (f"jobs/{job}", f"jobs/{job}/log", f"datasets/{content_hash}", f"datasets/{content_hash}/info"):
        assert client.get(f"/api/v1/{path}").status_code == 200
        assert member.get(f"/api/v1/{path}").status_code == 404
    hidden, missing = (member.get(f"/api/v1/models/{name}").json for name in ("wine", "beer"))
    assert hidden == json.loads(json.dumps(missing).replace("beer", "wine"))
    borrowed = {**form("mine", dataset=content_hash)}
    del borrowed["data"]
    refused = member.post("/api/v1/models", data=borrowed, content_type="multipart/form-data")
    assert (refused.status_code, refused.json["kind"]) == (404, "dataset")


def test_uploads_with_the_same_environment_share_its_resolution(app: Flask, client: FlaskClient) -> None:
    upload(client, "one")
    upload(client, "two", requirements=(io.BytesIO(b"# a comment\nNumPy==1.26.4\njoblib==1.4.2\n"), "r.txt"))
    upload(client, "three", requirements=(io.BytesIO(b"numpy==1.26.3\njoblib==1.4.2\n"), "r.txt"))
    with app.app_context():
        keys = [services().models.version(name).resolution_key for name in ("one", "two", "three")]
    assert keys[0] == keys[1] != keys[2]


def test_a_model_that_is_not_ready_cannot_be_asked(client: FlaskClient) -> None:
    job = upload(client).json["job"]
    response = client.post("/api/v1/models/wine/predict", json=[{"x": 1.0}])
    assert response.status_code == 503
    assert response.json["type"] == "/problems/environment-not-ready"
    assert response.json["job"] == job
    assert int(response.headers["Retry-After"]) > 0


def test_without_a_worker_nothing_is_half_done(settings: Settings) -> None:
    first_start.set_up(settings)
    client = create_app(settings).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {settings.admin_token_file.read_text().strip()}"
    response = upload(client)
    assert (response.status_code, response.json["type"]) == (503, "/problems/builder-unavailable")
    assert client.get("/api/v1/models").json["total"] == 0


def test_a_refused_upload_leaves_nothing(client: FlaskClient, settings: Settings) -> None:
    for changes in (
        {"requirements": (io.BytesIO(b"numpy>=1\n"), "r.txt")},
        {"target": "z"},
        {"golden": (io.BytesIO(b"{}"), "golden.json")},
        {"language": "cobol"},
        {"requirements": (io.BytesIO(b"\xff\xfe"), "r.txt")},
    ):
        assert upload(client, **changes).status_code in (400, 422)
    assert client.get("/api/v1/models").json["total"] == 0
    assert [each for each in settings.blobs_folder.rglob("*") if each.is_file()] == []


def test_a_large_upload(client: FlaskClient, settings: Settings) -> None:
    response = upload(client, model=(io.BytesIO(b"\0" * settings.max_upload_bytes), "model.pkl"))
    assert (response.status_code, response.json["limit_bytes"]) == (413, settings.max_upload_bytes)


def test_a_dataset_comes_back_as_it_was(client: FlaskClient) -> None:
    table = {
        "columns": [
            {"name": "code", "type": "string"},
            {"name": "n", "type": "int64"},
            {"name": "kind", "type": "categorical", "levels": ["b", "a"], "ordered": True},
            {"name": "day", "type": "date"},
        ],
        "data": [["001", 2**60 + 1, "a", "2026-11-23"], [None, None, None, None]],
    }
    data = {
        "metadata": json.dumps({"name": "odd", "description": "odd things"}),
        "data": (io.BytesIO(json.dumps(table).encode()), "data.json", "application/json"),
    }
    response = client.post("/api/v1/datasets", data=data, content_type="multipart/form-data")
    assert response.status_code == 201, response.text
    path = f"/api/v1/datasets/{response.json['hash']}"
    assert client.get(path).json == table
    assert client.get(f"{path}/head?rows=1").json == {**table, "data": table["data"][:1]}
    info = client.get(f"{path}/info").json
    statistics = [column.pop("statistics") for column in info["columns"]]
    assert (info["rows"], info["columns"], info["missing"]) == (2, table["columns"], 4)
    assert [each["unique"] for each in statistics] == [1, 1, 1, 1]
    assert [(alias["name"], alias["owner"]) for alias in info["aliases"]] == [("odd", "admin")]


def test_the_same_dataset_is_kept_once_under_two_names(
    client: FlaskClient, member: FlaskClient, settings: Settings
) -> None:
    hashes = set()
    for who, name in ((client, "mine"), (member, "hers")):
        data = {"metadata": json.dumps({"name": name}), "data": (io.BytesIO(b"x\n1\n"), "d.csv", "text/csv")}
        hashes.add(who.post("/api/v1/datasets", data=data, content_type="multipart/form-data").json["hash"])
    (content_hash,) = hashes
    seen = [who.get(f"/api/v1/datasets/{content_hash}/info").json["aliases"] for who in (client, member)]
    assert [[(alias["name"], alias["owner"]) for alias in aliases] for aliases in seen] == [
        [("mine", "admin"), ("hers", "ann")],
        [("hers", "ann")],
    ]
    assert len([each for each in settings.blobs_folder.rglob("*") if each.is_file()]) == 1


def test_a_token_may_be_the_password_of_basic(app: Flask, settings: Settings) -> None:
    token = settings.admin_token_file.read_text().strip()
    anyone = app.test_client()
    assert anyone.get("/api/v1/users/me", auth=("anything", token)).json["name"] == "admin"
    assert anyone.get("/api/v1/users/me", auth=(token, "")).status_code == 401
    for wrong in ("Basic", "Basic !", "Basic YQ==", f"Digest {token}", "Basic //8="):
        assert anyone.get("/api/v1/users/me", headers={"Authorization": wrong}).status_code == 401


def test_the_openapi_document_describes_every_route_and_its_problems(client: FlaskClient, app: Flask) -> None:
    document = client.get("/openapi.json").json
    routes = {rule.rule.replace("path:", "").replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    assert {route for route in routes if route.startswith(("/api/", "/v2"))} == set(document["paths"])
    for path, operations in document["paths"].items():
        for method in operations.keys() & {"get", "post", "put", "patch", "delete"}:
            responses = operations[method]["responses"]
            assert any(status.startswith("2") for status in responses), (method, path)
            for status, response in responses.items():
                if not status.startswith("2"):
                    assert [*response["content"]] == ["application/problem+json"], (method, path, status)


def test_an_unforeseen_fault_is_told_without_its_insides(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setattr(type(services().search), "find", lambda *_, **__: 1 / 0)
    app.logger.disabled = True
    response = client.get("/api/v1/models")
    assert (response.status_code, response.json["type"]) == (500, "/problems/lake-failed")
    assert "division" not in response.text


def _writes_to_a_full_disk(*_: Any, **__: Any) -> None:
    with Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")


def _writes_to_a_full_database(*_: Any, **__: Any) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.exec_driver_sql("PRAGMA max_page_count = 2")
        connection.exec_driver_sql("INSERT INTO t VALUES (zeroblob(1000000))")


@pytest.mark.parametrize("write", [_writes_to_a_full_disk, _writes_to_a_full_database])
def test_a_full_disk_is_told_by_name(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, write: Callable[..., None]
) -> None:
    with app.app_context():
        monkeypatch.setattr(type(services().uploads), "upload", write)
    app.logger.disabled = True
    response = upload(client)
    assert (response.status_code, response.json["type"]) == (503, "/problems/disk-full")
    assert "prune" in response.json["next"]
    assert response.headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    "changes",
    [
        {"flavour": "nosuch"},
        {"format": "exe"},
        {"description": "\ud800"},
        {"tags": ["a\0b"]},
        {"name": "a/b"},
        {"system": {"x": "\ud800"}},
    ],
)
def test_metadata_that_no_lake_can_hold(client: FlaskClient, changes: dict[str, Any]) -> None:
    response = upload(client, **changes)
    assert (response.status_code, response.json["type"]) == (400, "/problems/invalid-request")
    (problem,) = response.json["problems"]
    assert problem["field"] == next(iter(changes))


def test_nonsense_is_a_bad_request(client: FlaskClient) -> None:
    deep = (io.BytesIO(b"[" * 100_000), "deep.json")
    assert upload(client, metadata=deep).status_code == 400
    deep = (io.BytesIO(b"[" * 100_000), "deep.json")
    assert upload(client, golden=deep).status_code == 400
    no_json = (io.BytesIO(b'{"name": "x", "target": "y", "system": {"load": NaN}}'), "metadata.json")
    assert upload(client, metadata=no_json).json["detail"] == "The part `metadata` is not JSON."
    assert upload(client, "x").status_code == 202
    assert client.get("/api/v1/models/x?version=99999999999999999999999").status_code == 400
    assert client.post("/api/v1/tokens", json={"name": "\ud800", "password": "x"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["models/%00", "models/a%00b/aliases", "jobs/%00", "datasets/%00/head", f"datasets/{'a' * 64}/aliases/a%00b/c"],
)
def test_a_path_with_what_is_no_text_names_nothing(client: FlaskClient, path: str) -> None:
    """Postgres cannot even be asked for it."""
    response = client.get(f"/api/v1/{path}")
    assert (response.status_code, response.json["kind"]) == (404, "page")


def test_only_uploads_and_predictions_may_be_large(app: Flask) -> None:
    response = app.test_client().post("/api/v1/tokens", json={"name": "a", "password": "b" * (2 << 20)})
    assert response.status_code == 413


def test_the_openapi_document_says_who_may_call_what(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]
    sharing = paths["/api/v1/models/{name}/access"]["put"]
    assert (sharing["operationId"], sharing["security"]) == ("access.ModelAccess.put", [{"token": []}])
    assert sharing["description"] == "Scope: `write`. Right: change the model."
    assert {"401", "403", "404"} <= set(sharing["responses"])
    assert paths["/api/v1/health"]["get"]["security"] == []
    assert paths["/api/v1/models"]["get"]["security"] == [{"token": []}, {}]
