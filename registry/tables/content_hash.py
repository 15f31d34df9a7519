"""The hash of a table's content: the same for the same typed values, in whatever language and format they came."""

import hashlib
import json
import math

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import arrow_columns
from registry.tables.table import Column, Table

_FIRST_LINE = b"weles-table-1\n"
_ONES = b"\1" * (1 << 16)


def content_hash(table: Table) -> str:
    """`sha256:<64 hex>` over, one after another:

    1. the bytes "weles-table-1" and a newline;
    2. the schema as JSON (`Schema.to_json`), keys sorted, no blanks, UTF-8 not escaped, and a newline;
    3. the number of rows as u64, little-endian;
    4. for each column, 32 bytes of sha256 over its validity (one u8 per row; nothing when no value is null), then, of
       its values in the layout of `registry.tables.table`: 32 bytes over the data, or, for text, 32 bytes over the
       lengths in bytes (i32 each) and 32 bytes over the UTF-8 bytes.

    Null slots count as zero (-1 for codes, length 0 for text), and every NaN as 7ff8000000000000: what was in them, or
    which NaN it was, is not content. Every part is a stream: `ContentHash` computes it part by part.
    """
    whole = ContentHash(table.schema)
    whole.update(table)
    return whole.digest()


class ContentHash:
    """`content_hash` of a table whose rows come in parts."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._rows = 0
        self._columns = [_ColumnHash(field) for field in schema.fields]

    def update(self, part: Table) -> None:
        """The next rows; `part` has the schema of the whole."""
        for state, column in zip(self._columns, part.columns, strict=True):
            state.update(column, self._rows)
        self._rows += part.rows

    def digest(self) -> str:
        schema = json.dumps(self._schema.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        whole = hashlib.sha256(_FIRST_LINE + schema.encode() + b"\n" + self._rows.to_bytes(8, "little"))
        for column in self._columns:
            for part in column.digests():
                whole.update(part)
        return f"sha256:{whole.hexdigest()}"


class _ColumnHash:
    def __init__(self, field: Field) -> None:
        self._field = field
        self._validity = hashlib.sha256()
        self._has_nulls = False
        self._values = [hashlib.sha256() for _ in range(2 if field.type is ColumnType.STRING else 1)]

    def update(self, column: Column, rows_before: int) -> None:
        # Into Arrow and back: null slots are then what the hash counts them as.
        array = arrow_columns.to_array(column)
        clean = arrow_columns.to_column(self._field, array)
        self._update_validity(clean, rows_before)
        if self._field.type is ColumnType.STRING:
            lengths, text = self._values
            lengths.update(_memory(pc.binary_length(arrow_columns.to_array(clean)).fill_null(0)))
            text.update(clean.data)
        elif self._field.type is ColumnType.FLOAT64:
            numbers = pa.Array.from_buffers(pa.float64(), len(clean), [None, pa.py_buffer(clean.data)])
            self._values[0].update(_memory(pc.if_else(pc.is_nan(numbers), math.nan, numbers)))
        else:
            self._values[0].update(clean.data)

    def _update_validity(self, column: Column, rows_before: int) -> None:
        """Validity counts as soon as one value is null, and then from the first row on."""
        if column.validity is not None and not self._has_nulls:
            self._has_nulls = True
            for start in range(0, rows_before, len(_ONES)):
                self._validity.update(_ONES[: rows_before - start])
        if self._has_nulls:
            self._validity.update(b"\1" * len(column) if column.validity is None else column.validity)

    def digests(self) -> list[bytes]:
        return [self._validity.digest(), *(part.digest() for part in self._values)]


def _memory(array: pa.Array) -> memoryview:
    """The bytes of an array of fixed width without nulls."""
    width = array.type.bit_width // 8
    return memoryview(array.buffers()[1] or b"").cast("B")[array.offset * width : (array.offset + len(array)) * width]
