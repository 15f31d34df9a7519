"""The web application over a real database and real blobs, with a lease desk that only pretends."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from builders.bases import Base
from builders.identity import Recipe
from registry import first_start
from registry.api.services import services
from registry.app import create_app
from registry.domain.errors import BuilderUnavailable
from registry.domain.ports import Ending, Runtimes
from registry.settings import Settings


class FakeDesk:
    """A `Desk` with one base image and no containers; `down` makes it unreachable."""

    def __init__(self) -> None:
        self.down = False

    def lease(self, version_id: str) -> Path:
        raise BuilderUnavailable("there are no containers in unit tests")

    def end(self, version_id: str) -> None:
        return None

    def ending(self, version_id: str) -> Ending:
        return Ending(None, False)

    def runtimes(self) -> Runtimes:
        if self.down:
            raise BuilderUnavailable("the worker does not answer")
        base = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "b" * 64)
        return Runtimes((base,), Recipe("python/1", "sha256:" + "r" * 64))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environ({}, home=tmp_path / "lake", max_upload_bytes=1 << 18)


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def app(settings: Settings, desk: FakeDesk) -> Flask:
    first_start.set_up(settings)
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
        accounts = services().accounts
        admin = accounts.authenticate(services().settings.admin_token_file.read_text().strip())
        _, token = accounts.create_user(admin, "ann", "correct horse")
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client
