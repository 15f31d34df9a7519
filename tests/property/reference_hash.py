"""The content hash of a whole table in memory, as the lake computed it at first: hashes that were given out stay."""

import hashlib
import json
import math
from array import array
from operator import sub
from typing import Any

from registry.domain.schema import ColumnType
from registry.tables import packing
from registry.tables.table import Column, Table

_FIRST_LINE = b"weles-table-1\n"


def content_hash(table: Table) -> str:
    """`sha256:<64 hex>` over, one after another:

    1. the bytes "weles-table-1" and a newline;
    2. the schema as JSON (`Schema.to_json`), keys sorted, no blanks, UTF-8 not escaped, and a newline;
    3. the number of rows as u64, little-endian;
    4. for each column, 32 bytes of sha256 over its validity (one u8 per row; nothing when no value is null), then, of
       its values in the layout of `registry.tables.table`: 32 bytes over the data, or, for text, 32 bytes over the
       lengths in bytes (i32 each) and 32 bytes over the UTF-8 bytes.

    Null slots count as zero (-1 for codes, length 0 for text), and every NaN as 7ff8000000000000: what was in them, or
    which NaN it was, is not content. Every part is a stream: it can be computed chunk by chunk.
    """
    schema = json.dumps(table.schema.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    whole = hashlib.sha256(_FIRST_LINE + schema.encode() + b"\n" + table.rows.to_bytes(8, "little"))
    for column in table.columns:
        for part in _parts(column):
            whole.update(hashlib.sha256(part).digest())
    return f"sha256:{whole.hexdigest()}"


def _parts(column: Column) -> tuple[Any, ...]:
    present = b"" if column.validity is None else bytes(column.validity)
    nulls = _positions(present)
    if not nulls:
        present = b""
    if column.field.type is ColumnType.STRING:
        return (present, *_text_parts(column, nulls))
    values: array[Any] = array(packing.TYPECODE[column.field.type])
    values.frombytes(memoryview(column.data).cast("B"))
    empty = -1 if column.field.type is ColumnType.CATEGORICAL else 0
    for row in nulls:
        values[row] = empty
    if column.field.type is ColumnType.FLOAT64 and any(map(math.isnan, values)):
        values = array("d", [math.nan if value != value else value for value in values])
    return present, values


def _text_parts(column: Column, nulls: list[int]) -> tuple[Any, Any]:
    offsets = packing.typed(column.offsets, "i")
    lengths = array("i", map(sub, offsets[1:], offsets[:-1]))
    if not any(lengths[row] for row in nulls):
        return lengths, memoryview(column.data).cast("B")
    text = bytes(column.data)
    for row in nulls:
        lengths[row] = 0
    return lengths, b"".join(text[start : start + length] for start, length in zip(offsets, lengths, strict=False))


def _positions(present: bytes) -> list[int]:
    """Where the zeros are."""
    found = []
    position = present.find(0)
    while position >= 0:
        found.append(position)
        position = present.find(0, position + 1)
    return found
