"""Models and versions that are deleted, and restored."""

import io
import json
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from registry.api.services import services
from tests.unit.api.uploads import content, ready, upload

API = "/api/v1"


def test_what_is_deleted_is_gone_for_everyone_and_can_be_restored(app: Flask, client: FlaskClient) -> None:
    for number in (1, 2):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    client.put(f"{API}/models/wine/aliases/production", json={"version": 2})
    version_hash = client.get(f"{API}/models/wine?version=2").json["hash"]
    deleted = client.delete(f"{API}/models/wine/versions/2")
    assert (deleted.status_code, deleted.json["version"]) == (200, 2)
    for name in ("2", "production", version_hash):
        answer = client.post(f"{API}/models/wine/predict?version={name}", json=[{"x": 1}])
        assert (answer.status_code, answer.json["type"]) == (410, "/problems/deleted"), name
    assert client.get(f"{API}/versions/{version_hash}").status_code == 404
    model = client.get(f"{API}/models/wine").json
    assert (model["version"], model["versions"]) == (1, [1])
    assert client.delete(f"{API}/models/wine/versions/2").status_code == 410
    assert client.put(f"{API}/models/wine/aliases/x", json={"version": 2}).status_code == 410

    restored = client.post(f"{API}/models/wine/versions/2/restore")
    assert (restored.status_code, restored.json["version"]) == (200, 2)
    assert client.get(f"{API}/models/wine?version=production").json["version"] == 2
    assert client.post(f"{API}/models/wine/versions/2/restore").status_code == 404


def test_a_model_goes_with_all_its_versions_and_keeps_its_name(
    app: Flask, client: FlaskClient, member: FlaskClient
) -> None:
    upload(client)
    assert client.delete(f"{API}/models/wine").status_code == 200
    for method, path in (
        ("GET", ""), ("GET", "/card"), ("GET", "/file"), ("GET", "/aliases"), ("GET", "/versions/1"), ("DELETE", ""),
    ):  # fmt: skip
        assert client.open(f"{API}/models/wine{path}", method=method, buffered=True).status_code == 410, (method, path)
    assert client.patch(f"{API}/models/wine", json={"description": "x"}).status_code == 410
    assert client.get(f"{API}/models").json["models"] == []
    assert upload(client).json["type"] == "/problems/deleted"
    assert upload(member).status_code in (403, 410)
    assert client.post(f"{API}/models/wine/restore").json["name"] == "wine"
    assert client.get(f"{API}/models/wine").json["versions"] == [1]


def test_what_is_deleted_is_listed_for_its_owner_until_it_goes(
    app: Flask, client: FlaskClient, member: FlaskClient
) -> None:
    def listed(asking: FlaskClient) -> list[tuple[str, str, int | None, str | None]]:
        found = asking.get(f"{API}/deleted").json["deleted"]
        return [(each["kind"], each["name"], each["version"], each["owner"]) for each in found]

    for number in (1, 2):
        upload(client, model=content(f"model {number}"))
    upload(member, "iris", data=(io.BytesIO(b"x,y\n7,8\n"), "iris.csv", "text/csv"))
    assert listed(client) == listed(member) == []
    client.delete(f"{API}/models/wine/versions/1")
    deletion = member.delete(f"{API}/models/iris").json
    assert listed(member) == [("model", "iris", None, "ann")]
    assert listed(client) == [("model", "iris", None, "ann"), ("version", "wine", 1, "admin")]
    (iris,) = member.get(f"{API}/deleted").json["deleted"]
    until, deleted_at = (datetime.fromisoformat(iris[name]) for name in ("restorable_until", "deleted_at"))
    assert until - deleted_at == timedelta(days=7)
    assert abs(until - datetime.fromisoformat(deletion["restorable_until"])) < timedelta(seconds=5)
    assert iris["size"] > 0
    member.post(f"{API}/models/iris/restore")
    assert listed(member) == []
    # A dataset that nobody has a name for is nobody's: administrators see it.
    nameless = member.post(f"{API}/datasets", data=_dataset(b"x,y\n9,9\n")).json["hash"]
    member.delete(f"{API}/datasets/{nameless}/aliases/alone")
    assert listed(member) == []
    assert ("dataset", nameless, None, None) in listed(client)
    with app.app_context(), services().models._writes.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(text("UPDATE versions SET deleted_at = '2020-01-01 00:00:00' WHERE deleted_at IS NOT NULL"))
    assert ("version", "wine", 1, "admin") not in listed(client)


def _dataset(rows: bytes) -> dict[str, Any]:
    return {"metadata": json.dumps({"name": "alone"}), "data": (io.BytesIO(rows), "alone.csv", "text/csv")}


def test_uploading_what_was_deleted_restores_it(app: Flask, client: FlaskClient) -> None:
    upload(client)
    ready(app, "wine", 1)
    client.delete(f"{API}/models/wine/versions/latest")
    assert client.get(f"{API}/models/wine").status_code == 404
    again = upload(client)
    assert (again.status_code, again.json["version"]) == (200, 1)
    assert "it is restored" in again.json["notes"][0]
    assert client.get(f"{API}/models/wine").json["version"] == 1
