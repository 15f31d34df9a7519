"""`python -m registry.runners.relay`: the lake's hand in a pod, beside the container of the model.

It listens on TCP, believes who knows the pod's key, and carries questions to the runtime in the run folder by the ways
of the contract: the runtime knows nothing of it, and never sees the key. It renews the lease as it is told to, and
ends when nobody tells it any more, or when the runtime has ended: then the pod is over. In a pod that waits for a model
it brings it, once, from the addresses that the lake tells.

WELES_RELAY_KEY (hex), WELES_RELAY_PORT, WELES_RUN_DIR, WELES_LEASE_SECONDS; WELES_MODEL_DIR where the pod waits.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from registry.runners import connection, fifos, handshake
from registry.runners.bring import CannotBring, bring_all
from registry.runners.connection import ConnectionLost
from registry.runners.model_folder import FILE, MANIFEST
from registry.runners.packets import PAYLOAD_BYTES
from registry.runners.remote import read_exactly
from registry.runners.run_folder import RunFolder
from registry.runners.transport import has_fifos
from registry.tables.frame import DEFAULT_LIMITS, PREFIX, BadFrame, encode, read_prefix

PORT = 8500
_HANDSHAKE_SECONDS = 5.0
_CONNECT_SECONDS = 1.0
_LOOK_SECONDS = 0.5
# A question without a limit of its own ends when its client goes away.
_LONGEST_SECONDS = 24 * 3600.0
_CHUNK_BYTES = 256 << 10
_PACKETS_BYTES = 64 * PAYLOAD_BYTES
_LARGEST_LINE = 64 << 10
_BUSY = b"".join(bytes(part) for part in encode({"ok": False, "error": {"kind": "busy", "message": ""}}))


class Relay:
    """Serves one run folder until it is over."""

    def __init__(self, folder: Path, key: bytes, lease_seconds: float, model_folder: Path | None = None) -> None:
        self._folder = RunFolder(folder)
        # Where the model belongs, as long as it has not been asked for.
        self._model_folder = model_folder
        self._key = key
        self._lease_seconds = lease_seconds
        self._renewed = time.monotonic()
        self._was_ready = False
        self._ending = threading.Event()
        self._open = 0
        self._lock = threading.Lock()

    def serve(self, listener: socket.socket) -> None:
        """Answer until the lease is lost or the runtime has ended, and what is under way is answered."""
        listener.settimeout(_LOOK_SECONDS)
        while not self._is_over():
            with suppress(TimeoutError):
                client, _ = listener.accept()
                threading.Thread(target=self._attend, args=(client,), daemon=True).start()
        listener.close()
        deadline = time.monotonic() + self._lease_seconds
        while self._open and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS / 10)

    def end(self) -> None:
        """Take no more questions. Those that are there are answered by the runtime, which is told to end, too."""
        self._ending.set()

    def _is_over(self) -> bool:
        is_ready = self._folder.is_ready
        self._was_ready = self._was_ready or is_ready
        lost = time.monotonic() - self._renewed > self._lease_seconds
        return self._ending.is_set() or lost or (self._was_ready and not is_ready)

    def _attend(self, client: socket.socket) -> None:
        # Whatever goes wrong, the client sees its connection close, and asks again or reports it.
        with suppress(OSError, ConnectionLost, BadFrame, ValueError, KeyError, TypeError), closing(client):
            self._carry(client)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._lock:
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1

    def _carry(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(_HANDSHAKE_SECONDS)
        runtime: list[socket.socket] = []
        by_fifos = has_fifos(self._folder.path)

        def can_do(purpose: bytes) -> bool:
            # The client is told that it is heard only when the runtime is there to hear it.
            if purpose == handshake.QUESTIONS and not by_fifos:
                runtime.append(self._to_runtime())
            if purpose == handshake.MODEL:
                return self._model_folder is not None
            return purpose == handshake.STATUS or not by_fifos or self._folder.is_ready

        try:
            purpose = handshake.answer(lambda count: read_exactly(client, count), client.sendall, self._key, can_do)
            if purpose == handshake.STATUS:
                self._tell(client)
            elif purpose == handshake.MODEL:
                with self._at_work():
                    self._bring(client)
            elif purpose == handshake.QUESTIONS:
                client.settimeout(None)
                if by_fifos:
                    self._take_turns(client)
                else:
                    with self._at_work():
                        _pump_both(client, runtime[0])
        finally:
            for each in runtime:
                each.close()

    def _to_runtime(self) -> socket.socket:
        stream = connection.connect(self._folder.path / "socket", time.monotonic() + _CONNECT_SECONDS).stream
        stream.settimeout(None)
        return stream

    def _tell(self, client: socket.socket) -> None:
        self._renewed = time.monotonic()
        self._folder.renew()
        document = {
            "ready": self._folder.is_ready,
            "warm": self._folder.is_warm,
            "idle_seconds": min(self._folder.idle_seconds, 1e9),
            "failure": self._folder.failure(),
        }
        client.sendall(json.dumps(document).encode() + b"\n")

    def _bring(self, client: socket.socket) -> None:
        with client.makefile("rb") as question:
            document = json.loads(question.readline(_LARGEST_LINE))
        with self._lock:
            folder, self._model_folder = self._model_folder, None
        failure: str | None = None
        try:
            if folder is None:
                raise CannotBring("it has been given one already")
            bring_all({FILE: str(document["model"]), MANIFEST: str(document["manifest"])}, folder)
        except CannotBring as error:
            failure = str(error)
        client.settimeout(_HANDSHAKE_SECONDS)
        client.sendall(json.dumps({"failure": failure}).encode() + b"\n")

    def _take_turns(self, client: socket.socket) -> None:
        """One question after another, each in its turn at the FIFOs."""
        while True:
            prefix = client.recv(PREFIX.size)
            if not prefix:
                return
            with self._at_work():
                self._answer(client, prefix + read_exactly(client, PREFIX.size - len(prefix)))

    def _answer(self, client: socket.socket, prefix: bytes) -> None:
        header_bytes, body_bytes = read_prefix(prefix, DEFAULT_LIMITS)
        header = read_exactly(client, header_bytes)
        turn = self._turn(client, _wait_of(header))
        if turn is None:
            _pass_over(client, body_bytes)
            client.sendall(_BUSY)
            return
        deadline = time.monotonic() + _LONGEST_SECONDS
        with closing(turn):
            _send_packets(turn, prefix + header, body_bytes, client, deadline)
            for piece in turn.pieces(DEFAULT_LIMITS, deadline):
                client.sendall(piece)

    def _turn(self, client: socket.socket, wait: float) -> fifos.FifoConnection | None:
        """None when the turn does not come in time. Raises ConnectionLost when the client goes away, or the runtime."""
        deadline = time.monotonic() + wait
        while True:
            step = min(deadline, time.monotonic() + _LOOK_SECONDS)
            with suppress(TimeoutError):
                return fifos.connect(self._folder.path, step, asker=client.fileno())
            if fifos.is_closed(client.fileno()):
                raise ConnectionLost("the client has gone")
            if time.monotonic() >= deadline:
                return None


def _wait_of(header: bytes) -> float:
    """Seconds that the question may wait for its turn, as it says itself."""
    with suppress(ValueError, TypeError, RecursionError):
        document: Any = json.loads(header)
        return min(float(document["wait"]), _LONGEST_SECONDS) if "wait" in document else _LONGEST_SECONDS
    return _LONGEST_SECONDS


def _send_packets(
    turn: fifos.FifoConnection, begin: bytes, body_bytes: int, client: socket.socket, deadline: float
) -> None:
    """The frame in pieces that fill their packets, all but the last."""
    rest, buffer = body_bytes, bytearray(begin)
    while rest or len(buffer) >= _PACKETS_BYTES:
        while rest and len(buffer) < _PACKETS_BYTES:
            piece = client.recv(min(rest, _CHUNK_BYTES))
            if not piece:
                raise ConnectionLost("the client has gone")
            buffer += piece
            rest -= len(piece)
        whole = len(buffer) // PAYLOAD_BYTES * PAYLOAD_BYTES
        if whole:
            turn.send([bytes(buffer[:whole])], deadline)
            del buffer[:whole]
    if buffer:
        turn.send([bytes(buffer)], deadline)


def _pass_over(client: socket.socket, count: int) -> None:
    while count:
        piece = client.recv(min(count, _CHUNK_BYTES))
        if not piece:
            raise ConnectionLost("the client has gone")
        count -= len(piece)


def _pump_both(client: socket.socket, runtime: socket.socket) -> None:
    """Bytes in both directions, until one end closes: then the other is closed, too."""
    back = threading.Thread(target=_pump, args=(runtime, client), daemon=True)
    back.start()
    _pump(client, runtime)
    back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    with suppress(OSError):
        while count := source.recv_into(buffer):
            target.sendall(buffer[:count])
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def main(environ: Mapping[str, str], stop: Callable[[int, Any], Any] = signal.signal) -> None:
    relay = Relay(
        Path(environ["WELES_RUN_DIR"]),
        bytes.fromhex(environ["WELES_RELAY_KEY"]),
        float(environ["WELES_LEASE_SECONDS"]),
        Path(environ["WELES_MODEL_DIR"]) if environ.get("WELES_MODEL_DIR") else None,
    )
    stop(signal.SIGTERM, lambda *_: relay.end())
    relay.serve(socket.create_server(("", int(environ["WELES_RELAY_PORT"])), backlog=128))
    sys.stdout.flush()
    # Threads may still wait for a runtime that never answers.
    os._exit(0)


if __name__ == "__main__":
    main(os.environ)
