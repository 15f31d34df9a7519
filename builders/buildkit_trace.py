"""BuildKit's progress messages → log lines and steps (pure).

Each message is a base64 protobuf `StatusResponse`; only the few fields that are needed are read:
vertexes=1 {digest=1, name=3, cached=4, started=5, completed=6, error=7}, logs=3 {vertex=1, msg=4}.
"""

import base64
import binascii
from collections.abc import Iterator

from builders.build_progress import BuildProgress

Field = tuple[int, int | bytes]


class BrokenTrace(ValueError):
    """The bytes are not a protobuf message."""


def fields(data: bytes) -> Iterator[Field]:
    """Field number and value (int, or bytes for strings and nested messages). Raises BrokenTrace."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            length, position = _varint(data, position)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise BrokenTrace(f"wire type {wire}")
        if position + length > len(data):
            raise BrokenTrace("a field is longer than its message")
        yield number, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise BrokenTrace("a number is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise BrokenTrace("a number is too long")


class TraceReader(BuildProgress):
    """Reads what the engine's API sends."""

    def feed(self, aux: str) -> list[str]:
        """New log lines of one message; a message that cannot be read gives none."""
        try:
            return [line for number, value in fields(base64.b64decode(aux)) for line in self._part(number, value)]
        except (BrokenTrace, binascii.Error):
            return []

    def _part(self, number: int, value: int | bytes) -> list[str]:
        if isinstance(value, int):
            return []
        if number == 1:
            return self._vertex(value)
        return self._log(value) if number == 3 else []

    def _vertex(self, data: bytes) -> list[str]:
        values = dict(fields(data))
        return self.vertex(
            _text(values.get(3)),
            started=5 in values,
            completed=6 in values,
            cached=bool(values.get(4)),
            error=_text(values.get(7)),
        )

    def _log(self, data: bytes) -> list[str]:
        values = dict(fields(data))
        vertex, message = values.get(1), values.get(4)
        if not isinstance(vertex, bytes) or not isinstance(message, bytes):
            return []
        return self.output(vertex, message)


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
