"""Models uploaded over REST, and what becomes of their versions without a worker."""

import io
import json
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from registry.api.services import services
from registry.db.engine import connect
from registry.db.tables import jobs
from registry.domain.entities import Shown
from registry.domain.version_ref import VersionRef

FREEZE = "joblib==1.4.2\nnumpy==1.26.4\nweles @ file:///home/ann/weles\n"


def form(name: str = "wine", **changes: Any) -> dict[str, Any]:
    metadata = {"name": name, "target": "y", "flavour": "sklearn", "language_version": "3.11.7"}
    parts = {
        "metadata": json.dumps({**metadata, **{key: changes[key] for key in changes if key not in _PARTS}}),
        "model": (io.BytesIO(b"bytes of a model"), "model.pkl"),
        "requirements": (io.BytesIO(FREEZE.encode()), "requirements.txt"),
        "data": (io.BytesIO(b"x,y\n1.5,a\n2.5,b\n"), "data.csv", "text/csv"),
    }
    return {**parts, **{key: changes[key] for key in changes if key in _PARTS}}


_PARTS = ("metadata", "model", "requirements", "data", "golden")


def upload(client: FlaskClient, *arguments: Any, **changes: Any) -> Any:
    return client.post("/api/v1/models", data=form(*arguments, **changes), content_type="multipart/form-data")


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


def same_user(app: Flask, client: FlaskClient) -> FlaskClient:
    """Another client of the same user, for another thread."""
    another = app.test_client()
    another.environ_base["HTTP_AUTHORIZATION"] = client.environ_base["HTTP_AUTHORIZATION"]
    return another
