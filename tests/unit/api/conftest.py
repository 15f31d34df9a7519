"""The web application over a real database, real blobs and a real lease desk, without an engine."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from builders.bases import Base
from builders.identity import Recipe
from registry import first_start
from registry.api.services import services
from registry.app import create_app
from registry.blobs.filesystem import FilesystemBlobs
from registry.db.engine import connect
from registry.db.environments import SqlEnvironments
from registry.db.jobs import SqlJobs
from registry.db.models import SqlModels
from registry.domain.ports.desk import Desk
from registry.runners.desk import LeaseDesk
from registry.services.rebuild import Rebuild
from registry.settings import Settings
from tests.fakes import FakeRunner


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environ({}, home=tmp_path / "lake", max_upload_bytes=1 << 18)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """The real lease desk, with one base image and with containers that are only folders."""
    first_start.set_up(settings)
    engine = connect(settings.database)
    base = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "b" * 64)
    yield LeaseDesk(
        runner=FakeRunner(settings.run_folder),
        models=SqlModels(engine),
        environments=SqlEnvironments(engine),
        blobs=FilesystemBlobs(settings.blobs_folder),
        builder=cast(Any, SimpleNamespace(bases=lambda: [base], exists=lambda environment: None)),
        recipes={"python": Recipe("python/1", "sha256:" + "r" * 64)},
        limit=2,
        answers=lambda folder: True,
        rebuild=Rebuild(SqlModels(engine), SqlJobs(engine)),
    )
    engine.dispose()


@pytest.fixture
def app(settings: Settings, desk: Desk) -> Flask:
    return create_app(settings, desk=desk)


@pytest.fixture
def client(app: Flask, settings: Settings) -> FlaskClient:
    """A client of the administrator."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {settings.admin_token_file.read_text().strip()}"
    return client


@pytest.fixture
def member(app: Flask) -> FlaskClient:
    """A client of an ordinary user, `ann` with the password `correct horse`."""
    with app.app_context():
        _, token = services().accounts.create_user("ann", "correct horse")
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client
