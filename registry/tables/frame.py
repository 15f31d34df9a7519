"""The framing between the lake and a runtime: `u32 header bytes | u64 body bytes | header | body`, little-endian.

The header is a JSON object in UTF-8. A table is announced in it by
`"table": {"rows", "columns": [{…field, "buffers": [lengths in bytes]}]}`, and the body holds the buffers in that order
(offsets of strings, data, validity if any), each padded to 8 bytes.
What comes from a runtime is hostile: `decode` believes nothing that it has not checked.
"""

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import MAX_COLUMNS, ColumnType, Field, Schema
from registry.tables.checks import BadTable, check_column
from registry.tables.table import Buffer, Column, Table

PREFIX = struct.Struct("<IQ")
_ALIGNMENT = 8
_PADDING = [bytes(missing) for missing in range(_ALIGNMENT)]
_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
# Headers and fields up to this size are remembered: those of questions and answers of a few rows come again and again.
_SHORT_BYTES, _FEW_LEVELS = 4096, 50


class BadFrame(ValueError):
    """Bytes that are no frame of the contract; the message says why."""


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """The largest header and body, in bytes, and the most rows that a frame may announce."""

    header_bytes: int = 16 << 20
    body_bytes: int = 1 << 30
    rows: int = 1 << 28


DEFAULT_LIMITS = FrameLimits()


def encode(header: Mapping[str, Any], table: Table | None = None) -> list[Buffer]:
    """The frame as parts to write one after another; the table's buffers are among them as they are, not copied."""
    body: list[Buffer] = []
    total = 0
    document = dict(header)
    if table is not None:
        columns = []
        for column in table.columns:
            parts = column.buffers
            few = column.field.levels is None or len(column.field.levels) <= _FEW_LEVELS
            announce = _short_announcement if few else _announcement
            columns.append(announce(column.field, tuple(part.nbytes for part in parts)))
            for part in parts:
                missing = -part.nbytes % _ALIGNMENT
                body += (part, _PADDING[missing]) if missing else (part,)
                total += part.nbytes + missing
    text = _to_json(document)
    if table is not None:
        comma = "," if document else ""
        text = f'{text[:-1]}{comma}"table":{{"rows":{table.rows},"columns":[{",".join(columns)}]}}}}'
    encoded = text.encode()
    return [PREFIX.pack(len(encoded), total) + encoded, *body]


def _announcement(field: Field, lengths: tuple[int, ...]) -> str:
    """A column in the header."""
    return _to_json({**field.to_json(), "buffers": lengths})


_short_announcement = lru_cache(maxsize=4096)(_announcement)


def read_prefix(prefix: Buffer, limits: FrameLimits = DEFAULT_LIMITS) -> tuple[int, int]:
    """(header bytes, body bytes) that the first PREFIX.size bytes announce. Raises BadFrame when over the limits."""
    header_bytes, body_bytes = PREFIX.unpack(prefix)
    if header_bytes > limits.header_bytes or body_bytes > limits.body_bytes:
        raise BadFrame(f"a frame of {header_bytes} + {body_bytes} bytes is over the limit")
    return header_bytes, body_bytes


def decode(header: Buffer, body: Buffer, limits: FrameLimits = DEFAULT_LIMITS) -> tuple[dict[str, Any], Table | None]:
    """The header without its "table", and the table, whose columns are views of `body`. Raises BadFrame."""
    text = bytes(header)
    parsed = _parse_short(text) if len(text) <= _SHORT_BYTES else _parse(text)
    view = memoryview(body).cast("B")
    if parsed.announced is None:
        if view.nbytes:
            raise BadFrame(f"{view.nbytes} bytes of body without a table")
        return dict(parsed.document), None
    return dict(parsed.document), _decode_table(parsed.announced, view, limits)


@dataclass(frozen=True, slots=True)
class _Announced:
    """A table as a header announces it: `rows`, and for each column its field and the lengths of its buffers."""

    rows: Any
    columns: tuple[tuple[Field, tuple[int, ...]], ...]
    schema: Schema


@dataclass(frozen=True, slots=True)
class _Parsed:
    document: dict[str, Any]
    announced: _Announced | None


def _parse(header: bytes) -> _Parsed:
    try:
        document = json.loads(header.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"the header is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadFrame("the header is not a JSON object")
    announced = document.pop("table", None)
    return _Parsed(document, None if announced is None else _announced(announced))


_parse_short = lru_cache(maxsize=1024)(_parse)


def _announced(announced: Any) -> _Announced:
    if not isinstance(announced, dict) or not isinstance(announced.get("columns"), list):
        raise BadFrame('"table" is not an object with "columns"')
    if len(announced["columns"]) > MAX_COLUMNS:
        raise BadFrame(f"{len(announced['columns'])} columns; a table has at most {MAX_COLUMNS}")
    try:
        columns = tuple(map(_announced_column, announced["columns"]))
        schema = Schema(tuple(field for field, _ in columns))
    except InvalidInput as error:
        raise BadFrame(str(error)) from None
    return _Announced(announced.get("rows"), columns, schema)


def _announced_column(announced: Any) -> tuple[Field, tuple[Any, ...]]:
    if not isinstance(announced, dict):
        raise BadFrame("a column is not an object")
    field = Field.from_json({key: value for key, value in announced.items() if key != "buffers"})
    lengths = announced.get("buffers")
    needed = 2 if field.type is ColumnType.STRING else 1
    if not isinstance(lengths, list) or len(lengths) not in (needed, needed + 1):
        raise BadFrame(f'"buffers" of column {field.name!r:.80} is not a list of {needed} or {needed + 1} lengths')
    return field, tuple(lengths)


def _decode_table(announced: _Announced, body: memoryview, limits: FrameLimits) -> Table:
    rows = announced.rows
    if type(rows) is not int or not 0 <= rows <= limits.rows:
        raise BadFrame(f"{rows!r:.40} is not a number of rows")
    columns = []
    position = 0
    for field, lengths in announced.columns:
        parts, position = _cut(lengths, body, position)
        offsets = parts.pop(0) if field.type is ColumnType.STRING else None
        column = Column(field, parts[0], offsets, parts[1] if len(parts) == 2 else None)
        try:
            check_column(column, rows)
        except BadTable as error:
            raise BadFrame(str(error)) from None
        columns.append(column)
    if position != body.nbytes:
        raise BadFrame(f"the body has {body.nbytes} bytes, its buffers {position}")
    return Table(announced.schema, rows, tuple(columns))


def _cut(lengths: Iterable[Any], body: memoryview, position: int) -> tuple[list[memoryview], int]:
    parts = []
    for length in lengths:
        if type(length) is not int or not 0 <= length <= body.nbytes - position:
            raise BadFrame(f"a buffer of {length!r:.40} bytes in a body of {body.nbytes}")
        parts.append(body[position : position + length])
        position += length + -length % _ALIGNMENT
    return parts, position


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
