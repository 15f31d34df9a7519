"""Runtimes on other machines: a relay in their pod answers for them over TCP, see `registry.runners.relay`."""

import json
import os
import socket
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from registry.domain.entities import Json
from registry.runners import handshake
from registry.runners.connection import Connection, ConnectionLost

ADDRESSES = "addresses"
# Shorter than a ping may take: a machine that is gone does not answer at all.
_CONNECT_SECONDS = 1.5
# A machine that goes while it works on an answer: what is on its way to it is not acknowledged, nor is keep-alive.
_SILENCE_MILLISECONDS = 6000
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 2), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 4))
_LARGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Address:
    """Where a relay listens, and the key (hex) that its pod and the lake share."""

    host: str
    port: int
    key: str

    def to_json(self) -> Json:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Json) -> "Address":
        return cls(str(document["host"]), int(document["port"]), str(document["key"]))


def address_of(folder: Path) -> Address | None:
    """The address for a run folder, which lies beside it and where no container ever wrote; None: it is here."""
    try:
        return Address.from_json(json.loads(_file(folder).read_bytes()))
    except FileNotFoundError:
        return None


def write_address(folder: Path, address: Address) -> None:
    """Keep the address for the run folder; nobody but the lake may read it."""
    file = _file(folder)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Threads of one process may be told the same at once.
    beside = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    descriptor = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as content:  # noqa: PTH123 (a descriptor)
        json.dump(address.to_json(), content)
    beside.replace(file)


def forget_address(folder: Path) -> None:
    _file(folder).unlink(missing_ok=True)


def connect(address: Address, deadline: float) -> Connection:
    """A connection for questions. Raises ConnectionLost, TimeoutError."""
    stream = _open(address, handshake.QUESTIONS, deadline)
    return Connection(stream)


def status(address: Address, timeout: float) -> dict[str, Any]:
    """Renew the pod's lease. Raises ConnectionLost.

    {"ready": bool, "warm": bool, "idle_seconds": float, "failure": {…} | None}
    """
    return _told(address, handshake.STATUS, b"", timeout)


def give(address: Address, model_url: str, manifest_url: str, timeout: float) -> str | None:
    """Have a pod that waits bring its model: None when it has, else why not. Raises ConnectionLost."""
    wanted = json.dumps({"model": model_url, "manifest": manifest_url}).encode()
    why = _told(address, handshake.MODEL, wanted + b"\n", timeout).get("failure", "it does not say")
    return None if why is None else str(why)


def _told(address: Address, purpose: bytes, question: bytes, timeout: float) -> dict[str, Any]:
    """The document that a relay answers with, one line. Raises ConnectionLost."""
    try:
        with _open(address, purpose, time.monotonic() + timeout) as stream, stream.makefile("rb") as answer:
            stream.settimeout(timeout)
            stream.sendall(question)
            document = json.loads(answer.readline(_LARGEST_LINE))
    except (OSError, ValueError) as error:
        raise ConnectionLost(f"no answer: {error}") from None
    if not isinstance(document, dict):
        raise ConnectionLost("an answer that is no document")
    return document


def _open(address: Address, purpose: bytes, deadline: float) -> socket.socket:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    try:
        stream = socket.create_connection((address.host, address.port), timeout=min(remaining, _CONNECT_SECONDS))
    except OSError as error:
        raise ConnectionLost(f"nobody listens: {error}") from None
    try:
        stream.settimeout(min(remaining, _CONNECT_SECONDS))
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE_MILLISECONDS)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEP_ALIVE:
            stream.setsockopt(socket.IPPROTO_TCP, option, value)
        handshake.ask(lambda count: read_exactly(stream, count), stream.sendall, bytes.fromhex(address.key), purpose)
    except handshake.NotTheSame:
        stream.close()
        raise ConnectionLost("another one has the address now") from None
    except OSError as error:
        stream.close()
        raise ConnectionLost(f"lost: {error}") from None
    except BaseException:
        stream.close()
        raise
    return stream


def read_exactly(stream: socket.socket, count: int) -> bytes:
    """Raises ConnectionResetError when the other end closes first."""
    content = bytearray()
    while len(content) < count:
        piece = stream.recv(count - len(content))
        if not piece:
            raise ConnectionResetError("closed by the other end")
        content += piece
    return bytes(content)


def _file(folder: Path) -> Path:
    return folder.parent.parent / ADDRESSES / folder.name
