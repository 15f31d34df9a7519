"""The web's side of the runtime contract: questions to the runtime in a run folder, over its socket or its FIFOs."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.domain.errors.families import WelesError
from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.errors.lake import ModelBusy
from registry.domain.errors.model import ModelRaised, PredictionTimeout
from registry.runners.connection import ConnectionLost
from registry.runners.transport import Transport, connect
from registry.tables import frame
from registry.tables.frame import DEFAULT_LIMITS, BadFrame, FrameLimits
from registry.tables.table import Table

_MAX_TEXT = 64 << 10
_LOOK_SECONDS = 60.0
_NO_TABLE = Table.of(())


class ContainerGone(Exception):
    """Nobody answers in the run folder. `sent`: the whole question had left, so the model may have seen it."""

    def __init__(self, folder: Path, sent: bool, reason: str) -> None:
        super().__init__(f"{folder}: {reason}")
        self.folder = folder
        self.sent = sent
        self.reason = reason


class BrokenAnswer(ContainerGone):
    """The runtime answered with something that is no frame of the contract: its container is not to be trusted."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(folder, True, reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """A runtime's answer: `header` has "ok": true, and the operation's own keys (`hello`).

    `table` has as many rows as the question's; it has no columns when the operation gives none.
    """

    header: dict[str, Any]
    table: Table


class Channel:
    """Persistent connections to runtimes, kept by run folder. Threads may share it; processes may not."""

    def __init__(self, *, limits: FrameLimits = DEFAULT_LIMITS, idle_per_folder: int = 16) -> None:
        self._limits = limits
        self._idle_per_folder = idle_per_folder
        self._idle: dict[Path, list[Transport]] = {}
        self._looked = time.monotonic()
        self._lock = threading.Lock()

    def call(self, folder: Path, header: Mapping[str, Any], table: Table | None = None, *, timeout: float) -> Answer:
        """Ask the runtime in `folder` and wait at most `timeout` seconds for its whole answer.

        Raises ContainerGone, BrokenAnswer, PredictionTimeout, ModelRaised, InvalidInput (the runtime cannot use the
        table) and InvalidRequest (it does not know the mode or operation). Only an answered connection is kept.
        """
        self._drop_the_gone()
        parts = frame.encode(header, table)
        rows = None if table is None else table.rows
        deadline = time.monotonic() + timeout
        kept = self._take(folder)
        sent = False
        try:
            if kept is not None:
                try:
                    return self._ask(folder, kept, parts, rows, deadline)
                except ConnectionLost as lost:
                    if lost.answered:
                        raise
                    # The other end of a kept connection may be long gone: that says nothing about who is there now.
                    sent = lost.sent
            return self._ask(folder, _connect(folder, header, deadline), parts, rows, deadline)
        except ConnectionLost as lost:
            raise ContainerGone(folder, sent or lost.sent, lost.reason) from None
        except BadFrame as error:
            raise BrokenAnswer(folder, str(error)) from None
        except TimeoutError:
            raise PredictionTimeout(timeout) from None

    def forget(self, folder: Path) -> None:
        """Close the connections that are kept for this run folder."""
        with self._lock:
            connections = self._idle.pop(folder, [])
        for connection in connections:
            connection.close()

    def close(self) -> None:
        """Close every connection that is kept."""
        for folder in list(self._idle):
            self.forget(folder)

    def _ask(self, folder: Path, connection: Transport, parts: list[Any], rows: int | None, deadline: float) -> Answer:
        try:
            connection.send(parts, deadline)
            header, body = connection.receive(self._limits, deadline)
            document, table = frame.decode(header, body, self._limits)
        except BaseException:
            connection.close()
            raise
        self._keep(folder, connection)
        if document.get("ok") is not True:
            raise error_of(document)
        if rows is not None and (table is None or table.rows != rows):
            raise BadFrame(f"an answer without a table of {rows} rows")
        return Answer(document, _NO_TABLE if table is None else table)

    def _take(self, folder: Path) -> Transport | None:
        with self._lock:
            connections = self._idle.get(folder)
            return connections.pop() if connections else None

    def _keep(self, folder: Path, connection: Transport) -> None:
        if connection.is_kept:
            with self._lock:
                connections = self._idle.setdefault(folder, [])
                if len(connections) < self._idle_per_folder:
                    connections.append(connection)
                    return
        connection.close()

    def _drop_the_gone(self) -> None:
        """Now and then, close what is kept for containers that have ended: nobody will ask for them again."""
        now = time.monotonic()
        with self._lock:
            if now - self._looked < _LOOK_SECONDS:
                return
            self._looked = now
            folders = list(self._idle)
        for folder in folders:
            if not folder.exists():
                self.forget(folder)


def _connect(folder: Path, header: Mapping[str, Any], deadline: float) -> Transport:
    """A fresh transport, once it is this question's turn. Raises ModelBusy when that takes longer than it may wait."""
    wait = header.get("wait")
    try:
        return connect(folder, deadline if wait is None else min(deadline, time.monotonic() + wait))
    except TimeoutError:
        raise ModelBusy from None


def error_of(header: Mapping[str, Any]) -> WelesError:
    """The domain error of an answer with "ok": false. Raises BadFrame when it says nothing of the kind."""
    error = header.get("error")
    if not isinstance(error, dict):
        raise BadFrame('an answer that is neither "ok" nor an error')
    message = _text(error, "message")[:_MAX_TEXT]
    kind = error.get("kind")
    if kind == "model_raised":
        return ModelRaised(_text(error, "class")[:200], message, _text(error, "traceback")[-_MAX_TEXT:])
    if kind == "invalid_input":
        return InvalidInput(message)
    if kind == "busy":
        return ModelBusy()
    if kind in ("invalid_request", "unsupported_mode"):
        return InvalidRequest(message, next="GET the model: it shows what the model can do.")
    raise BadFrame(f"an error of the kind {kind!r:.40}")


def _text(document: Mapping[str, Any], key: str) -> str:
    """Text that can be written as UTF-8, whatever the runtime sent."""
    return str(document.get(key, "")).encode("utf-8", "replace").decode()
