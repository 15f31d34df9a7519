"""What was deleted, gone for good: rows, and the bytes that nobody needs any more."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from registry.api.services import services
from registry.blobs.filesystem import FilesystemBlobs
from registry.db.deletion import SqlDeletions
from registry.db.engine import connect
from registry.db.tables import jobs, log_lines, models, versions
from registry.domain.entities import JobKind
from registry.domain.errors.invalid import EnvironmentFailed
from registry.domain.errors.model import AnswersDiffer
from registry.domain.ports.jobs import NewJob
from registry.services.purge import Purge
from registry.settings import Settings
from tests.unit.api.uploads import content, failed, ready, upload

API = "/api/v1"


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
