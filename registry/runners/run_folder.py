"""The run folder of a container, from outside. What is in it was written by model code: no link there is followed."""

import json
import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from registry.domain.entities import Json

SOCKET, READY, LEASE, USED, FAILURE = "socket", "ready", "lease", "used", "failure.json"
_LARGEST_FAILURE = 256 << 10


class RunFolder:
    """`<run>/<version id>`, mounted into the version's container as `/weles/run`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self, uid: int, gid: int) -> None:
        """A new, empty folder for one container; what an earlier one left is removed."""
        self.remove()
        self.path.mkdir(mode=0o755)
        (self.path / LEASE).touch()
        if os.getuid() == 0:
            os.chown(self.path, uid, gid)

    def remove(self) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path)

    @property
    def is_ready(self) -> bool:
        """The container answers: its socket is there (and is a socket), or the file that says so of its FIFOs."""
        socket, ready = self._status(SOCKET), self._status(READY)
        return (socket is not None and stat.S_ISSOCK(socket.st_mode)) or (
            ready is not None and stat.S_ISREG(ready.st_mode)
        )

    def renew(self) -> None:
        """Renew the lease: its time is what the container looks at."""
        with suppress(FileNotFoundError):
            os.utime(self.path / LEASE, follow_symlinks=False)

    @property
    def idle_seconds(self) -> float:
        """Since the last answer, or since the start."""
        seen = self._status(USED) or self._status(LEASE)
        return 0.0 if seen is None else time.time() - seen.st_mtime

    def failure(self) -> Json | None:
        """What the runtime wrote about a model that cannot be loaded: texts only, cut to size."""
        try:
            descriptor = os.open(self.path / FAILURE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            with suppress(ValueError):
                document: Any = json.loads(file.read(_LARGEST_FAILURE))
                if isinstance(document, dict):
                    return {name: str(document.get(name, "")) for name in ("class", "message", "traceback")}
        return None

    def _status(self, name: str) -> os.stat_result | None:
        try:
            return (self.path / name).lstat()
        except OSError:
            return None
