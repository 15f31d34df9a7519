"""The life of a model over REST: uploaded again, named, edited, cited, fetched, deleted, restored, purged."""

import io
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from registry.api.services import services
from registry.blobs.filesystem import FilesystemBlobs
from registry.db.deletion import SqlDeletions
from registry.db.engine import connect
from registry.db.tables import jobs, log_lines, models, versions
from registry.domain.entities import JobKind, NewAudit, Shown
from registry.domain.errors.invalid import EnvironmentFailed
from registry.domain.errors.model import AnswersDiffer
from registry.domain.ports.jobs import NewJob
from registry.domain.version_ref import VersionRef
from registry.services.purge import Purge
from registry.settings import Settings
from tests.unit.api.test_routes import upload

API = "/api/v1"


def content(text: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), "model.pkl"


def ready(app: Flask, name: str, number: int) -> None:
    """What the worker does when the version's preparation is over."""
    with app.app_context():
        found = services().models.version(name, VersionRef(number=number))
        services().models.version_is_ready(found.id, Shown([]))
        _end_jobs(app, found.id)


def failed(app: Flask, name: str, error: Any) -> None:
    with app.app_context():
        found = services().models.version(name)
        services().models.version_failed(found.id, error.to_document(), free_file=error.family == "model")
        _end_jobs(app, found.id)


def _end_jobs(app: Flask, version_id: str) -> None:
    engine = connect(services().settings.database)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(jobs.update().where(jobs.c.version_id == version_id).values(state="succeeded"))
    engine.dispose()


# Uploaded again


def test_the_same_content_again_is_the_same_version(client: FlaskClient) -> None:
    first = upload(client, description="one").json
    again = upload(
        client, description="two", requirements=(io.BytesIO(b"# !\nNumpy==1.26.4\njoblib==1.4.2\n"), "r.txt")
    )
    assert again.status_code == 200
    assert (again.json["version"], again.json["job"]) == (1, first["job"])
    assert again.json["notes"][0] == "Version 1 has the same content: no new one was made."
    model = client.get(f"{API}/models/wine").json
    assert (model["versions"], model["version_description"], model["description"]) == ([1], "one", "two")


@pytest.mark.parametrize(
    "changes",
    [
        {"model": content("another model")},
        {"requirements": (io.BytesIO(b"joblib==1.4.1\nnumpy==1.26.4\n"), "r.txt")},
        {"data": (io.BytesIO(b"x,y\n1.5,a\n2.5,c\n"), "data.csv", "text/csv")},
        {"target": "x"},
        {"flavour": "python"},
        {"format": "joblib"},
        {"language_version": "3.11.6"},
    ],
)
def test_other_content_is_another_version(client: FlaskClient, changes: dict[str, Any]) -> None:
    upload(client)
    response = upload(client, **changes)
    assert (response.status_code, response.json["version"]) == (202, 2), response.text


def test_what_is_said_about_the_content_makes_no_version(client: FlaskClient) -> None:
    upload(client)
    for changes in ({"tags": ["x"]}, {"system": {"os": "y"}}, {"data_name": "other"}, {"model_class": "m.C"}):
        assert upload(client, **changes).json["version"] == 1


def test_ten_uploads_of_one_content_at_once_make_one_version(app: Flask, client: FlaskClient) -> None:
    headers = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
    with ThreadPoolExecutor(10) as threads:
        made = list(threads.map(lambda _: upload(_client(app, headers)), range(10)))
    assert sorted(each.status_code for each in made) == [200] * 9 + [202]
    assert len({(each.json["version"], each.json["job"]) for each in made}) == 1
    assert client.get(f"{API}/models/wine").json["versions"] == [1]


def _client(app: Flask, headers: dict[str, str]) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return client


def test_a_version_that_failed_is_prepared_again(app: Flask, client: FlaskClient) -> None:
    first = upload(client).json
    failed(app, "wine", EnvironmentFailed({"summary": "No such numpy.", "suggestion": "Use another."}, "log"))
    assert client.get(f"{API}/models/wine").json["state"] == "failed"
    again = upload(client)
    assert (again.status_code, again.json["version"], again.json["state"]) == (202, 1, "queued")
    assert again.json["job"] != first["job"]
    assert "tried again" in again.json["notes"][0]
    model = client.get(f"{API}/models/wine").json
    assert (model["state"], model["problem"], model["job"]) == ("pending", None, again.json["job"])


def test_the_file_of_a_model_that_is_at_fault_is_not_kept(
    app: Flask, client: FlaskClient, settings: Settings, purge: Purge
) -> None:
    upload(client)
    failed(app, "wine", AnswersDiffer([{"row": 0}], 1))
    model = client.get(f"{API}/models/wine").json
    age(settings)
    assert purge.free() == 1
    assert stored(settings, model["sha256"]) is False
    gone = client.get(f"{API}/models/wine/file", buffered=True)
    assert (gone.status_code, gone.json["type"]) == (404, "/problems/not-found")
    # Why it failed can still be read, and the same file can be tried again.
    assert model["problem"]["type"] == "/problems/answers-differ"
    assert upload(client).status_code == 202
    assert client.get(f"{API}/models/wine/file", buffered=True).data == b"bytes of a model"
    age(settings)
    assert purge.free() == 0


def test_the_file_of_a_model_whose_environment_failed_is_kept(
    app: Flask, client: FlaskClient, settings: Settings, purge: Purge
) -> None:
    upload(client)
    failed(app, "wine", EnvironmentFailed({"summary": "No such numpy.", "suggestion": "Use another."}, "log"))
    age(settings)
    assert purge.free() == 0


# Named


def test_a_model_is_kept_warm_within_the_lakes_limit(client: FlaskClient) -> None:
    for name in ("one", "two", "three"):
        upload(client, name=name)
    assert client.get(f"{API}/models/one/warm").json == {"min_warm": 0, "hours": None}
    for name in ("one", "two", "two"):
        assert client.put(f"{API}/models/{name}/warm", json={"min_warm": 1}).status_code == 200
    refused = client.put(f"{API}/models/three/warm", json={"min_warm": 1})
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/too-many-kept")
    wrong = client.put(f"{API}/models/one/warm", json={"min_warm": 1, "hours": "from 7 to 9"})
    assert (wrong.status_code, wrong.json["problems"][0]["field"]) == (400, "hours")
    assert client.put(f"{API}/models/one/warm", json={"min_warm": 0}).json["min_warm"] == 0
    assert client.put(f"{API}/models/three/warm", json={"min_warm": 1}).status_code == 200
    assert client.put(f"{API}/models/none/warm", json={"min_warm": 1}).status_code == 404


def test_a_version_has_many_names(app: Flask, client: FlaskClient) -> None:
    for number in (1, 2, 3):
        upload(client, model=content(f"model {number}"))
    for number in (1, 2):
        ready(app, "wine", number)
    hash_of_1 = client.get(f"{API}/models/wine?version=1").json["hash"]
    put = client.put(f"{API}/models/wine/aliases/production", json={"version": 1})
    assert (put.status_code, put.json["version"], put.json["moved_by"]) == (200, 1, "admin")
    for name, number in (("1", 1), ("production", 1), (hash_of_1, 1), ("latest", 2), ("3", 3)):
        assert client.get(f"{API}/models/wine?version={name}").json["version"] == number, name
        assert client.get(f"{API}/models/wine/versions/{name}").json["version"] == number, name
    assert client.get(f"{API}/models/wine").json["version"] == 2
    assert client.get(f"{API}/models/wine").json["aliases"][0]["name"] == "production"
    asked = client.post(f"{API}/models/wine/predict?version=3", json=[{"x": 1}])
    assert asked.json["type"] == "/problems/environment-not-ready"


@pytest.mark.parametrize("version", ["0", "a b", "sha256:abc", "-1", "%00", "99999999999999"])
def test_what_names_no_version(client: FlaskClient, version: str) -> None:
    upload(client)
    assert client.get(f"{API}/models/wine?version={version}").status_code == 400
    assert client.get(f"{API}/models/wine/versions/{version}").status_code == 404


@pytest.mark.parametrize("version", ["7", "nosuch", "sha256:" + "0" * 64])
def test_versions_that_are_not_there(client: FlaskClient, version: str) -> None:
    upload(client)
    assert client.get(f"{API}/models/wine?version={version}").status_code == 404


def test_an_alias_moves_and_remembers_where_it_was(app: Flask, client: FlaskClient) -> None:
    for number in (1, 2):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    path = f"{API}/models/wine/aliases/production"
    assert client.get(path).status_code == 404
    for version in ("1", 2, "latest"):
        assert client.put(path, json={"version": version}).status_code == 200
    assert client.get(f"{API}/models/wine/aliases").json["aliases"][0]["version"] == 2
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    client.put(path, json={"version": 1})
    history = [(move["version_before"], move["version_after"]) for move in client.get(path).json["history"]]
    assert history == [(None, 1), (1, 2), (2, None), (None, 1)]


def test_an_alias_moves_only_from_where_it_is_expected(app: Flask, client: FlaskClient) -> None:
    for number in (1, 2):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    path = f"{API}/models/wine/aliases/production"
    assert client.put(path, json={"version": 1, "expected": 0}).status_code == 200
    for answer in (client.put(path, json={"version": 2, "expected": 0}), client.delete(f"{path}?expected=2")):
        assert (answer.status_code, answer.json["type"], answer.json["found"]) == (409, "/problems/alias-moved", 1)
    assert client.put(path, json={"version": 2, "expected": 1}).json["version"] == 2


def test_of_many_who_move_an_alias_at_once_one_does(app: Flask, client: FlaskClient) -> None:
    for number in range(1, 9):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    path, start = f"{API}/models/wine/aliases/production", threading.Barrier(8)
    headers = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}

    def move(number: int) -> int:
        start.wait()
        return _client(app, headers).put(path, json={"version": number, "expected": 0}).status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(move, range(1, 9))) == [200] + [409] * 7
    assert len(client.get(path).json["history"]) == 1


def test_an_alias_needs_a_version_that_can_be_called(app: Flask, client: FlaskClient) -> None:
    upload(client)
    path = f"{API}/models/wine/aliases/production"
    assert client.put(path, json={"version": 1}).json["type"] == "/problems/environment-not-ready"
    failed(app, "wine", AnswersDiffer([{"row": 0}], 1))
    assert client.put(path, json={"version": 1}).json["type"] == "/problems/model-not-usable"


@pytest.mark.parametrize("alias", ["latest", "1", "sha256:x", "a b", "-x", "a" * 101])
def test_names_that_no_alias_can_have(app: Flask, client: FlaskClient, alias: str) -> None:
    upload(client)
    ready(app, "wine", 1)
    answer = client.put(f"{API}/models/wine/aliases/{alias}", json={"version": 1})
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/invalid-request")


# Described


def test_texts_are_edited_while_versions_stay(client: FlaskClient) -> None:
    upload(client, description="first", tags=["a"])
    edited = client.patch(f"{API}/models/wine", json={"description": "better", "tags": ["b", "c"]}).json
    assert (edited["description"], edited["tags"]) == ("better", ["b", "c"])
    upload(client, description="second", tags=["d"], model=content("another"))
    model = client.get(f"{API}/models/wine").json
    assert (model["description"], model["tags"]) == ("better", ["b", "c"])
    assert (model["version_description"], model["version_tags"]) == ("second", ["d"])
    assert client.get(f"{API}/models/wine?version=1").json["version_description"] == "first"
    assert client.patch(f"{API}/models/wine", json={}).status_code == 400
    assert client.patch(f"{API}/models/wine", json={"owner": "me"}).status_code == 400


def test_a_card_comes_back_as_it_was_written_and_is_no_page(client: FlaskClient) -> None:
    upload(client)
    path, card = f"{API}/models/wine/card", "# Wine\n\n<script>alert(1)</script> ü\n"
    assert client.get(path).data == b""
    answer = client.put(path, data=card.encode(), content_type="text/markdown; charset=utf-8")
    assert answer.status_code == 200
    got = client.get(path)
    assert (got.data.decode(), got.content_type) == (card, "text/markdown; charset=utf-8")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert client.put(path, data="<p>", content_type="text/html").status_code == 415
    assert client.put(path, data=b"\xff", content_type="text/markdown").status_code == 400
    assert client.put(path, data=b"a\0b", content_type="text/markdown").status_code == 400
    assert client.put(path, data=b"x" * (300 << 10), content_type="text/markdown").status_code == 413
    assert client.get(path).data.decode() == card


def test_what_can_be_found_out_is_found_out(client: FlaskClient) -> None:
    upload(client, model_class="sklearn.ensemble._forest.RandomForestClassifier", tags=["mine"])
    model = client.get(f"{API}/models/wine").json
    assert model["tags"] == ["mine"]
    found = ["python", "sklearn", "RandomForestClassifier", "classification", "2 classes", "joblib", "numpy"]
    assert model["found_tags"] == found
    assert (model["task"], model["classes"]) == ("classification", 2)
    assert model["environment"]["packages"] == {"joblib": "1.4.2", "numpy": "1.26.4"}


def test_everything_is_one_document(client: FlaskClient) -> None:
    upload(client, data_name="my data", data_description="two rows", system={"system": "Linux"})
    model = client.get(f"{API}/models/wine").json
    assert model["system"] == {"system": "Linux"}
    data = model["dataset"]
    assert (data["name"], data["description"], data["owner"], data["rows"]) == ("my data", "two rows", "admin", 2)
    assert (data["columns"], data["missing"]) == (2, 0)
    assert [alias["name"] for alias in data["aliases"]] == ["my data"]
    assert [(each["name"], each["type"], each["statistics"]["unique"]) for each in model["columns"]] == [
        ("x", "float64", 2),
        ("y", "string", 2),
    ]
    assert (model["columns"][0]["statistics"]["min"], model["columns"][0]["statistics"]["max"]) == (1.5, 2.5)


def test_sharing_a_model_does_not_share_its_data(app: Flask, client: FlaskClient, member: FlaskClient) -> None:
    upload(client)
    with app.app_context():
        known = services().models.version("wine")
        audit = NewAudit(known.id, str(known.dataset_hash), "y", "accuracy", 0.5, 2, "")
        services().audits.add([audit])
    (shown,) = client.get(f"{API}/models/wine").json["audits"]
    assert (shown["measure"], shown["value"], shown["dataset"]) == ("accuracy", 0.5, known.dataset_hash)
    client.put(f"{API}/models/wine/access", json={"visibility": "public"})
    model = member.get(f"{API}/models/wine").json
    assert model["columns"] == [{"name": "x", "type": "float64"}, {"name": "y", "type": "string"}]
    assert (model["dataset"]["owner"], model["dataset"]["aliases"], model["audits"]) == (None, [], [])


# Cited


def test_a_version_can_be_cited(app: Flask, client: FlaskClient, member: FlaskClient) -> None:
    upload(client)
    model = client.get(f"{API}/models/wine").json
    digits = model["hash"].removeprefix("sha256:")
    assert model["link"] == f"http://127.0.0.1:8080/v/{digits}"
    year = model["created_at"][:4]
    assert model["citation"] == f"admin ({year}). wine, version 1 [model]. Weles. {model['link']} ({model['hash']})"
    short = client.get(f"/v/{digits}")
    assert (short.status_code, short.headers["Location"]) == (303, f"{API}/versions/{model['hash']}")
    assert client.get(short.headers["Location"]).json == model
    # What one may not see has no link either, until one has the same content oneself.
    assert member.get(f"{API}/versions/{model['hash']}").status_code == 404
    upload(member, "hers")
    assert member.get(f"{API}/versions/{model['hash']}").json["name"] == "hers"
    for nonsense in ("x", digits[:-1], digits + "/../..", "%0a" + digits):
        assert client.get(f"/v/{nonsense}").status_code == 404


# Fetched


def test_the_file_comes_with_its_hash(client: FlaskClient) -> None:
    upload(client)
    model = client.get(f"{API}/models/wine").json
    got = client.get(f"{API}/models/wine/file?version=1", buffered=True)
    assert got.data == b"bytes of a model"
    assert (got.content_type, got.headers["ETag"]) == ("application/octet-stream", f'"{model["sha256"]}"')
    assert (got.headers["Weles-Model"], got.headers["Weles-Version"]) == ("wine", "1")
    part = client.get(f"{API}/models/wine/file", buffered=True, headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.data) == (206, b"bytes")


# Deleted


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


# Purged


@pytest.fixture
def purge(settings: Settings) -> Any:
    """The worker's rounds, for what was deleted at any time before now."""
    engine = connect(settings.database)
    with_containers = type("Prediction", (), {"end": lambda self, version_id: None})()
    yield Purge(SqlDeletions(engine), FilesystemBlobs(settings.blobs_folder), with_containers, grace_seconds=0)
    engine.dispose()


def age(settings: Settings) -> None:
    """All bytes were put two hours ago."""
    for file in files(settings):
        long_ago = file.stat().st_mtime - timedelta(hours=2).total_seconds()
        os.utime(file, (long_ago, long_ago))


def files(settings: Settings) -> list[Path]:
    return [each for each in settings.blobs_folder.rglob("*") if each.is_file()]


def stored(settings: Settings, digest: str) -> bool:
    return any(file.name == digest.removeprefix("sha256:") for file in files(settings))


def rows(settings: Settings, *tables: Any) -> list[int]:
    engine = connect(settings.database)
    with engine.connect() as connection:
        counts = [len(connection.execute(select(table)).all()) for table in tables]
    engine.dispose()
    return counts


def test_the_purge_frees_rows_and_bytes(app: Flask, client: FlaskClient, settings: Settings, purge: Purge) -> None:
    upload(client, model=content("a model alone"))
    ready(app, "wine", 1)
    client.put(f"{API}/models/wine/aliases/production", json={"version": 1})
    job, digest = (client.get(f"{API}/models/wine").json[key] for key in ("job", "sha256"))
    with app.app_context():
        services().jobs.log(job, ["a line"])
    client.delete(f"{API}/models/wine")
    assert purge.purge() == 1
    assert rows(settings, models, versions, jobs, log_lines) == [0, 0, 0, 0]
    assert client.get(f"{API}/models/wine").status_code == 404
    assert client.post(f"{API}/models/wine/restore").status_code == 404
    # Young bytes stay: an upload may have put them, and not said yet that it needs them.
    assert purge.free() == 0
    assert stored(settings, digest)
    age(settings)
    assert purge.free() == 2
    assert not stored(settings, digest)
    # The dataset is its owner's own.
    assert len(files(settings)) == 1


def test_bytes_that_another_model_has_stay(client: FlaskClient, app: Flask, settings: Settings, purge: Purge) -> None:
    for name in ("one", "two"):
        upload(client, name)
        ready(app, name, 1)
    client.delete(f"{API}/models/one")
    assert purge.purge() == 1
    age(settings)
    assert purge.free() == 0
    assert client.get(f"{API}/models/two/file", buffered=True).data == b"bytes of a model"


def test_what_is_still_worked_on_is_purged_later(app: Flask, client: FlaskClient, purge: Purge) -> None:
    upload(client)
    ready(app, "wine", 1)
    with app.app_context():
        version = services().models.version("wine")
        services().jobs.add(NewJob("audit", JobKind.AUDIT, version.id, 1, {}))
        client.delete(f"{API}/models/wine")
        assert purge.purge() == 0
        services().jobs.cancel("audit")
    assert purge.purge() == 1


def test_what_was_still_prepared_is_prepared_no_more_and_can_be_restored(app: Flask, client: FlaskClient) -> None:
    job = upload(client).json["job"]
    client.delete(f"{API}/models/wine")
    client.post(f"{API}/models/wine/restore")
    found = client.get(f"{API}/models/wine").json
    assert (found["state"], found["problem"]["type"]) == ("failed", "/problems/cancelled")
    told = client.get(f"{API}/jobs/{job}").json
    assert (told["state"], told["detail"]) == ("cancelled", "cancelled: the model was deleted")
    again = client.post(f"{API}/jobs/{job}/retry").json
    assert again["state"] == "queued"
    assert client.get(f"{API}/models/wine").json["state"] == "pending"


def test_a_number_is_never_given_twice(app: Flask, client: FlaskClient, purge: Purge) -> None:
    for number in (1, 2):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    client.delete(f"{API}/models/wine/versions/2")
    assert purge.purge() == 1
    assert upload(client, model=content("model 2")).json["version"] == 3


def test_an_upload_during_the_purge_keeps_its_bytes(
    app: Flask, client: FlaskClient, settings: Settings, purge: Purge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload puts the same bytes when the purge has already found that nobody needs them."""
    upload(client)
    ready(app, "wine", 1)
    client.delete(f"{API}/models/wine")
    purge.purge()
    age(settings)
    look = SqlDeletions.referenced

    def slow(self: SqlDeletions, digests: Any) -> set[str]:
        found = look(self, digests)
        monkeypatch.setattr(SqlDeletions, "referenced", look)
        assert upload(client).status_code == 202
        return found

    monkeypatch.setattr(SqlDeletions, "referenced", slow)
    purge.free()
    assert client.get(f"{API}/models/wine/file", buffered=True).data == b"bytes of a model"


def test_of_those_that_cannot_be_purged_the_others_are(
    app: Flask, client: FlaskClient, settings: Settings, purge: Purge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        upload(client, name)
        ready(app, name, 1)
        client.delete(f"{API}/models/{name}")
    real, failing = SqlDeletions.purge_version, iter([True])

    def sometimes(self: SqlDeletions, *arguments: Any) -> bool:
        if next(failing, False):
            raise RuntimeError("this one cannot be removed")
        return real(self, *arguments)

    monkeypatch.setattr(SqlDeletions, "purge_version", sometimes)
    assert purge.purge() == 1
    assert purge.purge() == 1
