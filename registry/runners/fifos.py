"""The transport of runtimes without Unix sockets: two FIFOs in the run folder, and a lock that says whose turn it is.

The run folder belongs to a hostile container: everything in it is opened without following links and without
blocking, and must be what it is said to be.
"""

import errno
import fcntl
import os
import select
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from registry.runners.connection import ConnectionLost
from registry.runners.packets import NONCE_BYTES, Assembly, split
from registry.tables.frame import FrameLimits

REQUEST, ANSWER, TURN, READY = "request", "answer", "turn", "ready"
_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PIPE_BYTES = 64 << 10
_LARGE_PIPE_BYTES = 1 << 20
_GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR
_SHORTEST_SLEEP, _LONGEST_SLEEP = 0.0002, 0.005


def connect(folder: Path, deadline: float, *, asker: int | None = None) -> "FifoConnection":
    """The turn to ask the runtime in `folder`, waited for until `deadline`. Raises ConnectionLost, TimeoutError.

    `asker` is the descriptor of a socket: when its other end goes away, nobody waits for the answer any more.
    """
    with ExitStack() as opened:
        try:
            # Everything by one handle: the folder may be exchanged for another container's meanwhile.
            within = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            opened.callback(os.close, within)
            turn = _open(TURN, os.O_RDONLY, stat.S_ISREG, within, opened)
            _take(turn, deadline)
            if not stat.S_ISREG(os.stat(READY, dir_fd=within, follow_symlinks=False).st_mode):
                raise ConnectionLost("what is in the place of `ready` is not a file")
            answer = _open(ANSWER, os.O_RDONLY, stat.S_ISFIFO, within, opened)
            request = _open(REQUEST, os.O_WRONLY, stat.S_ISFIFO, within, opened)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            reason = "nobody reads" if error.errno == errno.ENXIO else f"not ready: {error.strerror}"
            raise ConnectionLost(reason) from None
        return FifoConnection(request, answer, opened.pop_all(), asker)


def _open(name: str, mode: int, is_right: Callable[[int], bool], within: int, opened: ExitStack) -> int:
    handle = os.open(name, mode | _SAFELY, dir_fd=within)
    opened.callback(os.close, handle)
    if not is_right(os.fstat(handle).st_mode):
        raise ConnectionLost(f"what is in the place of `{name}` is something else")
    return handle


def _take(turn: int, deadline: float) -> None:
    """Lock `turn`; the lock ends with its handle, or with the process. Raises TimeoutError."""
    pause = _SHORTEST_SLEEP
    while True:
        try:
            return fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError from None
            # flock knows no time limit.
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_SLEEP)


class FifoConnection:
    """One turn: for one question and its answer, and one thread. Closing it gives the turn to the next."""

    is_kept = False

    def __init__(self, request: int, answer: int, opened: ExitStack, asker: int | None = None) -> None:
        self._request = request
        self._answer = answer
        self._opened = opened
        self._asker = asker
        self._nonce = os.urandom(NONCE_BYTES)

    def send(self, parts: Sequence[Any], deadline: float) -> None:
        """Write all parts, one after another. Raises ConnectionLost, TimeoutError."""
        rest = memoryview(split(self._nonce, parts))
        if rest.nbytes > _PIPE_BYTES:
            self._enlarge()
        poller = self._poller()
        poller.register(self._request, select.POLLOUT)
        # The runtime may still be writing an answer that nobody waits for any more: it reads when that is taken.
        poller.register(self._answer, select.POLLIN)
        try:
            while rest:
                try:
                    rest = rest[os.write(self._request, rest) :]
                except BlockingIOError:
                    self._wait(poller, deadline)
                    self._discard()
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise ConnectionLost(f"closed while the question was written: {error.strerror}") from None

    def receive(self, limits: FrameLimits, deadline: float) -> tuple[memoryview, memoryview]:
        """(header, body) of the answer, in memory of their own. Raises ConnectionLost, BadFrame, TimeoutError."""
        assembly = Assembly(self._nonce, limits)
        for _ in self._arriving(assembly, deadline):
            pass
        return assembly.frame()

    def pieces(self, limits: FrameLimits, deadline: float) -> Iterator[bytearray]:
        """The answer's frame as it comes. Raises as `receive` does."""
        assembly = Assembly(self._nonce, limits)
        for _ in self._arriving(assembly, deadline):
            yield assembly.take()

    def _arriving(self, assembly: Assembly, deadline: float) -> Iterator[None]:
        """Once for whatever has come, until the frame is whole."""
        poller = self._poller()
        poller.register(self._answer, select.POLLIN)
        is_whole = False
        while not is_whole:
            self._wait(poller, deadline)
            try:
                packets = os.read(self._answer, _LARGE_PIPE_BYTES if assembly.has_begun else _PIPE_BYTES)
            except BlockingIOError:
                continue
            if not packets:
                raise ConnectionLost("closed before the answer was whole", sent=True, answered=assembly.has_begun)
            is_whole = assembly.add(packets)
            yield

    def close(self) -> None:
        self._opened.close()

    def _poller(self) -> select.poll:
        poller = select.poll()
        if self._asker is not None:
            poller.register(self._asker, _GONE)
        return poller

    def _wait(self, poller: select.poll, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        events = poller.poll(remaining * 1000) if remaining > 0 else []
        if not events:
            raise TimeoutError
        if any(descriptor == self._asker for descriptor, _ in events):
            raise ConnectionLost("whoever asked has gone")

    def _discard(self) -> None:
        with suppress(BlockingIOError):
            if not os.read(self._answer, _LARGE_PIPE_BYTES):
                raise ConnectionLost("closed while the question was written")

    def _enlarge(self) -> None:
        """Fewer switches between the two sides; where the system does not allow it, it goes without."""
        for pipe in (self._request, self._answer):
            with suppress(OSError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _LARGE_PIPE_BYTES)


def is_closed(stream: int) -> bool:
    """The other end of a socket has gone."""
    poller = select.poll()
    poller.register(stream, _GONE)
    return bool(poller.poll(0))
