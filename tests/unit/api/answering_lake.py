"""A lake in which a model answers, without an engine: its container is the real runtime, as a process."""

import io
import pickle
import threading
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from builders.lock import Lock
from registry.api.services import services
from registry.domain.entities import Environment, Shown, State, now
from registry.domain.ports.desk import Desk
from registry.domain.schema import Schema
from tests.unit.api.uploads import upload
from tests.unit.runtime.runtime_process import FromSource, RuntimeProcess

SOURCE = """
class Model:
    classes_ = ["a", "b"]
    def predict(self, rows):
        return ["b" if row[0] > 2 else "a" for row in rows]
    def predict_proba(self, rows):
        return [[0.25, 0.75] for _ in rows]
model = Model()
"""
ENVIRONMENT = "sha256:" + "e" * 64
_NOT_BUILT: dict[str, Any] = {"image_id": None, "image_tag": None, "image_bytes": None, "installed": {}}
_SHOWN = Shown([{"name": "prediction", "type": "string"}], ["a", "b"])


class AnsweringDesk:
    """A lease desk whose containers are processes of the runtime; all else is said by the `desk`."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self._desk = desk
        self._folder = folder
        self._running: dict[str, RuntimeProcess] = {}
        self._starting = threading.Lock()
        self.app: Flask | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def lease(self, version_id: str) -> Path:
        assert self.app is not None
        with self._starting:
            if version_id not in self._running:
                with self.app.app_context():
                    version = services().models.version_by_id(version_id)
                    content = services().blobs.path(version.model_blob).read_bytes()
                    folder = self._folder / str(len(self._running))
                inputs = Schema.from_json(version.inputs)
                # Nobody renews its lease here.
                process = RuntimeProcess(folder, content, inputs, version.flavour, LEASE_SECONDS=3600)
                self._running[version_id] = process.ready()
        return Path(self._running[version_id].run_dir)

    def close(self) -> None:
        if self.app is not None:
            with self.app.app_context():
                services().prediction._channel.close()
        for each in self._running.values():
            each.close()


def with_a_model(app: Flask, client: FlaskClient) -> dict[str, str]:
    """Upload `wine` and have it ready, as its preparation would; the ids of what is there by then."""
    model = pickle.dumps(FromSource(SOURCE), protocol=4)
    job = upload(client, flavour="python", model=(io.BytesIO(model), "model.pkl")).json["job"]
    with app.app_context():
        here = services()
        version = here.models.version("wine")
        lock = Lock("python", "3.11.2", "linux/amd64", ())
        base = here.environments.resolution(version.resolution_key).base
        environment = Environment(
            **{"id": ENVIRONMENT, "lock": lock.to_json(), "base": base, "state": State.PENDING, "attempt": 1},
            **{**_NOT_BUILT, "problem": None, "created_at": now(), "dockerfile": "FROM scratch\n"},
        )
        here.environments.resolved(version.resolution_key, environment, [])
        here.environments.environment_is_ready(ENVIRONMENT, image_id=ENVIRONMENT, tag="e", size=1, installed={})
        here.models.version_builds_on(version.id, environment_id=ENVIRONMENT, image_id=ENVIRONMENT)
        here.models.version_is_ready(version.id, _SHOWN)
        content_hash = str(version.dataset_hash)
    return {"name": "wine", "content_hash": content_hash, "job_id": job, "version": "1", "environment_id": ENVIRONMENT}
