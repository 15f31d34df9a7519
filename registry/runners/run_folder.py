"""Run folders of containers, from outside. What is in them was written by model code: no link there is followed.

<root>/containers/<name>/   one folder for each container, mounted into it as /weles/run, and never used again
<root>/models/<name>/       what that container is given to read, mounted into it as /weles/model
<root>/versions/<id>        a link that the lake sets: which container answers for a version at present
<root>/addresses/<name>     for a container elsewhere, whose folder is empty: where its relay listens, and its key
"""

import json
import os
import stat
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from registry.domain.entities import Json
from registry.domain.text import storable
from registry.runners.model_folder import ModelFolder
from registry.runners.remote import Address, forget_address, write_address

SOCKET, READY, WARM, LEASE, USED, FAILURE = "socket", "ready", "warm", "lease", "used", "failure.json"
_LARGEST_FAILURE = 256 << 10
_CLOCK_SECONDS = 2.0
_MOST_KNOWN = 10_000


class RunFolder:
    """What one container and the lake tell each other by files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def is_ready(self) -> bool:
        """The container answers: its socket is there (and is a socket), or the file that says so of its FIFOs."""
        socket, ready = self._status(SOCKET), self._status(READY)
        return (socket is not None and stat.S_ISSOCK(socket.st_mode)) or (
            ready is not None and stat.S_ISREG(ready.st_mode)
        )

    @property
    def is_warm(self) -> bool:
        """The container waits for a model."""
        warm = self._status(WARM)
        return warm is not None and stat.S_ISREG(warm.st_mode)

    def renew(self) -> None:
        """Renew the lease: its time is what the container looks at."""
        with suppress(OSError):
            os.utime(self.path / LEASE, follow_symlinks=False)

    @property
    def idle_seconds(self) -> float:
        """Since the last answer, or since the start. A time in the future is a lie, and counts as idle for ever."""
        seen = self._status(USED) or self._status(LEASE)
        if seen is None:
            return 0.0
        idle = time.time() - seen.st_mtime
        return idle if idle > -_CLOCK_SECONDS else float("inf")

    def failure(self) -> Json | None:
        """What the runtime wrote about a model that cannot be loaded: texts only, cut to size."""
        try:
            descriptor = os.open(self.path / FAILURE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            with suppress(ValueError, RecursionError):
                return failure_texts(json.loads(file.read(_LARGEST_FAILURE)))
        return None

    def remove(self) -> None:
        """Remove it with all that a model may have left there. Never raises: what stays is in nobody's way."""
        # Model code may nest folders deeper than Python can follow, and forbid its own user to look into them.
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf", "--one-file-system"]):
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run([*command, "--", str(self.path)], capture_output=True, timeout=60, check=False)

    def _status(self, name: str) -> os.stat_result | None:
        try:
            return (self.path / name).lstat()
        except OSError:
            return None


class RunFolders:
    """All run folders of a lake, and which one is whose at present."""

    def __init__(self, root: Path) -> None:
        self._containers = root / "containers"
        self._models = root / "models"
        self._versions = root / "versions"
        self._links = f"{self._versions}/"
        self._known: dict[str, Path] = {}

    def prepare(self) -> None:
        for folder in (self._containers, self._models, self._versions):
            folder.mkdir(parents=True, exist_ok=True)

    def new(self, uid: int, gid: int) -> RunFolder:
        """An empty folder for one container that runs as this user."""
        path = self._containers / uuid.uuid4().hex
        path.mkdir(mode=0o755)
        (path / LEASE).touch()
        if os.getuid() == 0:
            os.chown(path, uid, gid)
        self.model(path).make()
        return RunFolder(path)

    def model(self, path: Path) -> ModelFolder:
        """What the container of that run folder is given to read."""
        return ModelFolder(self._models / path.name)

    def new_remote(self) -> RunFolder:
        """An empty folder that stands for a container elsewhere: its address lies beside it (`runners.remote`)."""
        folder = RunFolder(self._containers / uuid.uuid4().hex)
        self.make(folder)
        return folder

    def make(self, folder: RunFolder) -> None:
        """Have the folder of a container elsewhere."""
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def named(self, name: str) -> RunFolder:
        """The folder of that name, there or not."""
        return RunFolder(self._containers / Path(name).name)

    def current(self, version_id: str) -> Path | None:
        """The run folder of the container that answers for the version, if there is one."""
        # On the way of every prediction: a path's object is made once for each container.
        try:
            name = os.readlink(f"{self._links}{version_id}").rpartition("/")[2]  # noqa: PTH115 (a text will do)
        except OSError:
            return None
        if name not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[name] = self._containers / name
        return self._known[name]

    def owners(self) -> dict[str, str]:
        """Name of a run folder → version that its container answers for."""
        links = self._versions.iterdir() if self._versions.is_dir() else ()
        return {link.readlink().name: link.name for link in links if link.is_symlink()}

    def assign(self, version_id: str, folder: RunFolder) -> None:
        """From now on this container answers for the version."""
        beside = self._versions / f".{uuid.uuid4().hex}"
        beside.symlink_to(Path("..") / self._containers.name / folder.path.name)
        beside.replace(self._versions / version_id)

    def adopt(self, version_id: str, name: str, address: Address) -> Path:
        """Know the container elsewhere that answers for the version, by the address that the desk gave out."""
        before = self.current(version_id)
        folder = self.named(name)
        self.make(folder)
        write_address(folder.path, address)
        self.assign(version_id, folder)
        if before is not None and before != folder.path:
            forget_address(before)
            RunFolder(before).remove()
        return folder.path

    def discard(self, version_id: str | None, folder: RunFolder) -> None:
        """The container is over: its folders go, and with them the link, if it is still this one's."""
        if version_id is not None and self.current(version_id) == folder.path:
            (self._versions / version_id).unlink(missing_ok=True)
        forget_address(folder.path)
        folder.remove()
        self.model(folder.path).remove()

    def keep_only(self, folders: set[Path]) -> None:
        """Remove what earlier workers left: every folder but these, and links to them."""
        for link in self._versions.iterdir():
            if self.current(link.name) not in folders:
                link.unlink(missing_ok=True)
        for path in self._containers.iterdir():
            if path not in folders:
                forget_address(path)
                RunFolder(path).remove()
        for path in self._models.iterdir():
            if self._containers / path.name not in folders:
                ModelFolder(path).remove()


def failure_texts(document: Any) -> Json | None:
    """What a runtime says of a model that it cannot load, if it says so: {class, message, traceback}, texts only."""
    if not isinstance(document, dict):
        return None
    return {name: storable(str(document.get(name, ""))) for name in ("class", "message", "traceback")}
