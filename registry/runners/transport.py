"""The way to the runtime in a run folder: its socket, its FIFOs where it has those, or the relay of its pod."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from registry.runners import connection, fifos, remote
from registry.tables.frame import FrameLimits


class Transport(Protocol):
    """Questions and answers in whole frames, until a deadline of the monotonic clock. After any error: close it."""

    @property
    def is_kept(self) -> bool:
        """It may carry more questions after an answer; else it must be closed then."""

    def send(self, parts: Sequence[Any], deadline: float) -> None:
        """Raises ConnectionLost, TimeoutError."""

    def receive(self, limits: FrameLimits, deadline: float) -> tuple[memoryview, memoryview]:
        """(header, body). Raises ConnectionLost, BadFrame, TimeoutError."""

    def close(self) -> None: ...


def connect(folder: Path, deadline: float) -> Transport:
    """A way to the runtime in `folder`. Raises ConnectionLost, TimeoutError."""
    address = remote.address_of(folder)
    if address is not None:
        return remote.connect(address, deadline)
    return fifos.connect(folder, deadline) if has_fifos(folder) else connection.connect(folder / "socket", deadline)


def has_fifos(folder: Path) -> bool:
    try:
        return stat.S_ISFIFO((folder / fifos.REQUEST).lstat().st_mode)
    except OSError:
        return False
