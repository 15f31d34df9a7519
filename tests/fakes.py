"""Stand-ins for what is outside, for unit tests. Each is held to the contract suite of the real adapter."""

import shutil
import socket
import threading
from pathlib import Path

from registry.domain.errors import ModelNotLoadable
from registry.domain.ports import Ending, RunnableVersion


class FakeRunner:
    """A `Runner` whose containers are folders with a socket in them; nobody answers there."""

    def __init__(self, run_folder: Path) -> None:
        self._run_folder = run_folder
        self._run_folder.mkdir(parents=True, exist_ok=True)
        self._running: dict[str, Path] = {}
        self._lock = threading.Lock()
        self.started: list[str] = []
        self.given: dict[str, RunnableVersion] = {}
        self.failure: Exception | None = None
        self.gate: threading.Barrier | None = None

    def start(self, version: RunnableVersion) -> Path:
        if self.gate is not None:
            self.gate.wait()
        if self.failure is not None:
            raise self.failure
        if version.model_file.exists() and not version.model_file.read_bytes().startswith(b"\x80"):
            raise ModelNotLoadable("UnpicklingError", "invalid load key", "UnpicklingError: …")
        folder = self._run_folder / version.id
        folder.mkdir()
        (folder / "lease").touch()
        with socket.socket(socket.AF_UNIX) as server:
            descriptor = folder / "socket"
            server.bind(str(descriptor))
        with self._lock:
            self.started.append(version.id)
            self.given[version.id] = version
            self._running[version.id] = folder
        return folder

    def running(self) -> dict[str, Path]:
        with self._lock:
            return dict(self._running)

    def renew(self) -> None:
        for folder in self.running().values():
            (folder / "lease").touch()

    def end(self, version_id: str) -> None:
        with self._lock:
            folder = self._running.pop(version_id, None)
        if folder is not None:
            shutil.rmtree(folder)

    def ending(self, version_id: str, wait_seconds: float) -> Ending:
        return Ending(None, False)

    def close(self) -> None:
        for version_id in self.running():
            self.end(version_id)
