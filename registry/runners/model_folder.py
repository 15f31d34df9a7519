"""Model folders of containers, mounted read-only: a model with its manifest, or the order to be ready for one."""

import json
import os
import shutil
from pathlib import Path

from registry.domain.entities import Json
from registry.domain.ports.runner import RunnableVersion

MANIFEST, ORDER, FILE = "model.json", "warm.json", "model"


class ModelFolder:
    """What one container is given to read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        # The container runs as another user, whatever the worker's umask.
        self.path.chmod(0o755)

    def order(self, document: Json) -> None:
        """Have the container import this and wait for a model."""
        self._write(ORDER, document)

    def give(self, version: RunnableVersion, threads: int) -> None:
        """The model, and last its manifest: a container that waits takes it at once. Raises OSError."""
        try:
            # Another name of the stored file costs nothing; the mount is read-only, so nobody changes it.
            os.link(version.model_file, self.path / FILE)
        except OSError:
            shutil.copyfile(version.model_file, self.path / FILE)
            (self.path / FILE).chmod(0o444)
        self._write(MANIFEST, {**version.manifest, "threads": threads})

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _write(self, name: str, document: Json) -> None:
        beside = self.path / f".{name}"
        beside.write_text(json.dumps(document), encoding="utf-8")
        beside.chmod(0o444)
        beside.replace(self.path / name)
