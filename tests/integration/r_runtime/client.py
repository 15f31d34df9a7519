"""Clients of a runtime as processes of their own: `python -m tests.integration.r_runtime.client FOLDER …`."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from registry.runners import fifos
from registry.runners.channel import Channel
from registry.runners.packets import split
from registry.tables import frame
from registry.tables.table import Column, Table
from tests.integration.r_runtime.conftest import X

QUESTION = {"op": "predict", "mode": "exact"}
ROWS = 200_000


def wide(first: float) -> Table:
    """A question and an answer of more than a pipe holds, several times."""
    values = bytearray(ROWS * 8)
    values[:8] = Column.from_values(X.fields[0], [first]).buffers[0]
    return Table.of([Column(X.fields[0], values)])


def die(folder: Path, first: float, sent: int | None, read: int) -> None:
    """Send so many bytes of a question (None: all), read so many of its answer, and be killed."""
    connection = fifos.connect(folder, time.monotonic() + 10)
    parts = frame.encode(QUESTION, wide(first))
    if sent is None:
        connection.send(parts, time.monotonic() + 10)
    else:
        packets = split(connection._nonce, parts)[:sent]
        while packets:
            with suppress(BlockingIOError):
                del packets[: os.write(connection._request, packets)]
    while read:
        with suppress(BlockingIOError):
            read -= len(os.read(connection._answer, min(read, 1 << 16)))
    os.kill(os.getpid(), 9)


def ask_many(folder: Path, worker: int) -> None:
    """Fifty questions; exits with 1 when an answer belongs to another one."""
    channel = Channel()
    for number in range(worker * 1000 + 2, worker * 1000 + 52):
        table = Table.from_values(X, {"x": [float(number)] * 3})
        if channel.call(folder, QUESTION, table, timeout=30).table.to_values() != {"prediction": [float(number)] * 3}:
            sys.exit(1)


if __name__ == "__main__":
    folder, first, *counts = sys.argv[1:]
    if counts:
        die(Path(folder), float(first), None if counts[0] == "all" else int(counts[0]), int(counts[1]))
    else:
        ask_many(Path(folder), int(first))
