"""The framing of the contract: bytes ↔ a header and a table of buffers. Mirrors registry/tables/frame.py of the lake."""

import json
import struct
from typing import Any, Dict, List, NamedTuple, Optional

PREFIX = struct.Struct("<IQ")
WIDTHS = {"bool": 1, "int32": 4, "int64": 8, "float64": 8, "categorical": 4, "date": 4, "timestamp": 8}
"""Bytes of one row, for the types of a fixed width. The other type is string."""


class FrameError(Exception):
    """Bytes that are not a frame of the contract."""


class Column(NamedTuple):
    """`field`: name, type, levels …, as the header has them; the buffers are bytes-like, as they travel."""

    field: Dict[str, Any]
    data: Any
    offsets: Any = None
    validity: Any = None


class Table(NamedTuple):
    rows: int
    columns: List[Column]


def encode(header, table=None):
    """The frame as a list of bytes-like parts."""
    document, body, total = dict(header), [], 0
    if table is not None:
        columns = []
        for column in table.columns:
            parts = [part for part in (column.offsets, column.data, column.validity) if part is not None]
            parts = [memoryview(part).cast("B") if len(part) else memoryview(b"") for part in parts]
            columns.append(dict(column.field, buffers=[part.nbytes for part in parts]))
            for part in parts:
                body.append(part)
                body.append(bytes(-part.nbytes % 8))
                total += part.nbytes + -part.nbytes % 8
        document["table"] = {"rows": table.rows, "columns": columns}
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode("utf-8")
    return [PREFIX.pack(len(text), total), text] + body


def decode(header, body):
    """(header without "table", Table or None); the buffers are views of `body`. Raises FrameError."""
    try:
        document = json.loads(bytes(header).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FrameError("the header is not JSON: {}".format(error)) from None
    if not isinstance(document, dict):
        raise FrameError("the header is not an object")
    announced = document.pop("table", None)
    if announced is None:
        return document, None
    try:
        return document, _table(announced, memoryview(body))
    except (KeyError, TypeError, AttributeError) as error:
        raise FrameError("the table is not announced as the contract says: {!r}".format(error)) from None


def _table(announced, body):
    rows, columns, position = announced["rows"], [], 0
    for each in announced["columns"]:
        field = {key: value for key, value in each.items() if key != "buffers"}
        parts = []
        for length in each["buffers"]:
            if length < 0 or position + length > len(body):
                raise FrameError("the buffers are longer than the body")
            parts.append(body[position : position + length])
            position += length + -length % 8
        columns.append(_column(field, parts, rows))
    return Table(rows, columns)


def _column(field, parts, rows):
    kind = field["type"]
    offsets = parts.pop(0) if kind == "string" and parts else None  # type: Optional[memoryview]
    if not 1 <= len(parts) <= 2:
        raise FrameError("column {!r} has the wrong number of buffers".format(field["name"]))
    if kind == "string":
        right = len(offsets) == 4 * (rows + 1)
    elif kind in WIDTHS:
        right = len(parts[0]) == WIDTHS[kind] * rows
    else:
        raise FrameError("column {!r} has the unknown type {!r}".format(field["name"], kind))
    if not right or (len(parts) == 2 and len(parts[1]) != rows):
        raise FrameError("column {!r} has not {} rows".format(field["name"], rows))
    return Column(field, parts[0], offsets, parts[1] if len(parts) == 2 else None)
