"""One connection to a runtime's Unix socket: whole frames out, whole frames in, until a deadline."""

import os
import socket
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from registry.tables.frame import PREFIX, BadFrame, FrameLimits, read_prefix

_ONE_SYSCALL = 64 << 10
_MAX_PARTS = 512


class ConnectionLost(Exception):
    """The other end is not there (any more). `sent`: the whole question was written; `answered`: a byte came back."""

    def __init__(self, reason: str, *, sent: bool = False, answered: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.answered = answered


def connect(path: Path, deadline: float) -> "Connection":
    """A new connection to the socket at `path`, of any length. Raises ConnectionLost, TimeoutError.

    The run folder belongs to a hostile container: a link that it left there in place of its socket is not followed.
    """
    try:
        handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise ConnectionLost(f"no socket: {error.strerror}") from None
    connection = Connection(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC))
    try:
        if not stat.S_ISSOCK(os.fstat(handle).st_mode):
            raise ConnectionLost("what is in the socket's place is not a socket")
        # By the handle: the path may be longer than a socket address holds, and cannot be exchanged meanwhile.
        connection.connect(f"/proc/self/fd/{handle}", deadline)
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(handle)
    return connection


class Connection:
    """A connected stream socket; for one thread at a time. After any error it must be closed."""

    is_kept = True

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self._scratch = bytearray(_ONE_SYSCALL)

    def connect(self, address: str, deadline: float) -> None:
        self._limit(deadline)
        try:
            self.stream.connect(address)
        except OSError as error:
            if is_late(error):
                raise
            raise ConnectionLost(f"nobody listens: {error.strerror}") from None

    def send(self, parts: Sequence[Any], deadline: float) -> None:
        """Write all parts, one after another. Raises ConnectionLost, TimeoutError."""
        try:
            if sum(memoryview(part).nbytes for part in parts) <= _ONE_SYSCALL:
                self._limit(deadline)
                self.stream.sendall(b"".join(parts))
                return
            rest = [memoryview(part).cast("B") for part in parts if memoryview(part).nbytes]
            while rest:
                self._limit(deadline)
                _advance(rest, self.stream.sendmsg(rest[:_MAX_PARTS]))
        except OSError as error:
            if is_late(error):
                raise
            raise ConnectionLost(f"closed while the question was written: {error.strerror}") from None

    def receive(self, limits: FrameLimits, deadline: float) -> tuple[memoryview, memoryview]:
        """(header, body) of the next frame, in memory of their own. Raises ConnectionLost, BadFrame, TimeoutError."""
        scratch = memoryview(self._scratch)
        filled = self._fill(scratch, 0, PREFIX.size, deadline)
        header_bytes, body_bytes = read_prefix(scratch[: PREFIX.size], limits)
        total = PREFIX.size + header_bytes + body_bytes
        if filled > total:
            raise BadFrame("more bytes than the frame announced")
        whole = bytearray(total)
        whole[:filled] = scratch[:filled]
        frame = memoryview(whole)
        self._fill(frame, filled, total, deadline)
        body = PREFIX.size + header_bytes
        return frame[PREFIX.size : body], frame[body:]

    def close(self) -> None:
        self.stream.close()

    def _fill(self, buffer: memoryview, filled: int, needed: int, deadline: float) -> int:
        """Read into the buffer until `needed` bytes are there; how many are (more when they came at once)."""
        while filled < needed:
            self._limit(deadline)
            try:
                count = self.stream.recv_into(buffer[filled:])
            except OSError as error:
                if is_late(error):
                    raise
                raise ConnectionLost(f"lost: {error.strerror}", sent=True, answered=filled > 0) from None
            if not count:
                raise ConnectionLost("closed before the answer was whole", sent=True, answered=filled > 0)
            filled += count
        return filled

    def _limit(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self.stream.settimeout(remaining)


def is_late(error: OSError) -> bool:
    """Our own deadline has come; the system's ETIMEDOUT says that the other machine is gone."""
    return isinstance(error, TimeoutError) and error.errno is None


def _advance(parts: list[memoryview], count: int) -> None:
    """Drop the first `count` bytes of the parts."""
    done = 0
    while done < len(parts) and count >= parts[done].nbytes:
        count -= parts[done].nbytes
        done += 1
    del parts[:done]
    if count:
        parts[0] = parts[0][count:]
