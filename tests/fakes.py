"""Stand-ins for what is outside, for unit tests. Each is held to the contract suite of the real adapter."""

import os
import socket
import threading
from pathlib import Path

from registry.domain.entities import Json
from registry.domain.errors.model import ModelNotLoadable
from registry.domain.ports.runner import Ending, ImageGone, RunnableVersion
from registry.runners.run_folder import RunFolder, RunFolders
from registry.runners.unix_socket import reachable

# The one image that fakes do not have.
GONE = "sha256:" + "0" * 64


class FakeRunner:
    """A `Runner` whose containers are folders with a socket in them; nobody answers there."""

    def __init__(self, run_folder: Path) -> None:
        self._folders = RunFolders(run_folder)
        self._folders.prepare()
        self._running: dict[str, RunFolder] = {}
        self._waiting: dict[Path, str] = {}
        self.orders: list[Json] = []
        self._endings: dict[str, Ending] = {}
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
        if version.image_id == GONE:
            raise ImageGone(GONE)
        fit = (path for path, image_id in self._waiting.items() if image_id == version.image_id)
        waiting = next(fit, None)
        if waiting is not None:
            del self._waiting[waiting]
        if version.model_file.exists() and not version.model_file.read_bytes().startswith(b"\x80"):
            raise ModelNotLoadable("UnpicklingError", "invalid load key", "UnpicklingError: …")
        folder = self._folders.new(os.getuid(), os.getgid()) if waiting is None else self._folders.named(waiting.name)
        with socket.socket(socket.AF_UNIX) as server, reachable(folder.path / "socket") as name:
            server.bind(name)
        self._folders.assign(version.id, folder)
        with self._lock:
            self.started.append(version.id)
            self.given[version.id] = version
            self._running[version.id] = folder
        return folder.path

    def warm(self, like: RunnableVersion, order: Json) -> Path:
        if self.failure is not None:
            raise self.failure
        folder = self._folders.new(os.getuid(), os.getgid())
        (folder.path / "warm").touch()
        self._waiting[folder.path] = like.image_id
        self.orders.append(order)
        return folder.path

    def waiting(self) -> dict[Path, str]:
        return dict(self._waiting)

    def running(self) -> dict[str, Path]:
        with self._lock:
            return {version_id: folder.path for version_id, folder in self._running.items()}

    def idle(self) -> dict[str, float]:
        return {version_id: RunFolder(folder).idle_seconds for version_id, folder in self.running().items()}

    def renew(self) -> None:
        with self._lock:
            for folder in self._running.values():
                folder.renew()

    def end(self, version_id: str | None, folder: Path) -> None:
        if version_id is None:
            if self._waiting.pop(folder, None) is not None:
                self._folders.discard(None, self._folders.named(folder.name))
            return
        with self._lock:
            known = self._running.get(version_id)
            if known is None or known.path.name != folder.name:
                return
            del self._running[version_id]
            self._endings[folder.name] = Ending(0, False)
        self._folders.discard(version_id, known)

    def ending(self, folder: Path, wait_seconds: float) -> Ending:
        return self._endings.get(folder.name, Ending(None, False))

    def close(self) -> None:
        for version_id, folder in self.running().items():
            self.end(version_id, folder)
