"""Messages between the worker and the analysis program: the frames of `registry.tables.frame`, over pipes."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from registry.tables import frame
from registry.tables.frame import PREFIX, FrameLimits
from registry.tables.table import Table

LIMITS = FrameLimits(header_bytes=64 << 20)


def send(file: BinaryIO, header: Mapping[str, Any], table: Table | None = None) -> None:
    """Write one message. Raises OSError when the other side has gone."""
    for part in frame.encode(header, table):
        file.write(memoryview(part).cast("B"))
    file.flush()


def receive(file: BinaryIO) -> tuple[dict[str, Any], Table | None]:
    """The next message. Raises EOFError when the other side has gone, BadFrame for what is no message."""
    header_bytes, body_bytes = frame.read_prefix(_exactly(file, PREFIX.size), LIMITS)
    header = _exactly(file, header_bytes)
    return frame.decode(header, _exactly(file, body_bytes), LIMITS)


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError("the other side has gone")
    return data
