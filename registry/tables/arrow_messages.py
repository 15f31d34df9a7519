"""How much memory the messages of an Arrow IPC stream ask for, read off their headers before Arrow gives it to them.

Only what is compressed unfolds; how far is written before each buffer, and Arrow believes it. The headers are
flatbuffers (Message.fbs of the Arrow format), of which a few fields are read here.
"""

import struct
from typing import Any

import pyarrow as pa

from registry.domain.errors.invalid import InvalidInput, TooLarge

_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
_I64 = struct.Struct("<q")


def require_bounded(reader: Any, max_bytes: int) -> None:
    """Raises TooLarge when one batch would unfold to more, InvalidInput when a header cannot be read."""
    for message in pa.ipc.MessageReader.open_stream(reader):
        try:
            unfolded = _unfolded(memoryview(message.metadata), message.body)
        except (struct.error, IndexError):
            raise InvalidInput("The body is not an Arrow stream: the header of a message cannot be read.") from None
        if unfolded > max_bytes:
            raise TooLarge(max_bytes, "compressed batch of an Arrow stream, unfolded,")


def _unfolded(metadata: memoryview, body: Any) -> int:
    """Bytes of memory that the batch needs beside those that it has been sent as."""
    message = _Record(metadata, _at("<I", metadata, 0))
    kind, place = message.place(1), message.reference(2)
    if kind is None or place is None or metadata[kind] not in (_DICTIONARY_BATCH, _RECORD_BATCH):
        return 0
    batch = _Record(metadata, place)
    if metadata[kind] == _DICTIONARY_BATCH:
        data = batch.reference(1)
        if data is None:
            return 0
        batch = _Record(metadata, data)
    buffers = batch.reference(2)
    if batch.place(3) is None or buffers is None or body is None:
        return 0
    content, total = memoryview(body).cast("B"), 0
    for index in range(_at("<I", metadata, buffers)):
        offset, length = struct.unpack_from("<qq", metadata, buffers + 4 + 16 * index)
        if length >= _I64.size:
            # -1 says that this buffer is not compressed after all.
            total += max(_at("<q", content, offset), 0)
    return total


class _Record:
    """A table of a flatbuffer: where its fields are, by their number."""

    def __init__(self, buffer: memoryview, place: int) -> None:
        self._buffer = buffer
        self._place = place
        self._fields = place - _at("<i", buffer, place)

    def place(self, number: int) -> int | None:
        """Where the field is; None when it has been left out."""
        entry = 4 + 2 * number
        if entry >= _at("<H", self._buffer, self._fields):
            return None
        offset = _at("<H", self._buffer, self._fields + entry)
        return self._place + offset if offset else None

    def reference(self, number: int) -> int | None:
        """Where that is to which the field refers: a table, or a vector with its length before it."""
        place = self.place(number)
        return None if place is None else place + _at("<I", self._buffer, place)


def _at(form: str, buffer: memoryview, place: int) -> int:
    if place < 0:
        raise IndexError(place)
    return int(struct.unpack_from(form, buffer, place)[0])
