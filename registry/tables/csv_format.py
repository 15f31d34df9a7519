"""CSV (RFC 4180, UTF-8, a header line) ↔ the typed table.

An empty cell is null; a text column has the empty text as `""`. Floats beyond numbers are NaN, Infinity, -Infinity.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import pyarrow as pa

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import arrow_columns, csv_source, csv_text, csv_types, csv_values
from registry.tables.mapped import Mapped
from registry.tables.problems import Problems, match_columns
from registry.tables.stream import TableStream
from registry.tables.table import Column, Table

# A block has some rows of a wide table, too, and a row that is longer than the last of these is refused.
_BLOCK_BYTES, _BLOCK_BYTES_PER_COLUMN, _MAX_ROW_BYTES = 4 << 20, 16 << 10, 32 << 20
_NO_CELLS = pa.nulls(0, pa.string())
_READ_BY_ARROW = {ColumnType.INT64: pa.int64(), ColumnType.FLOAT64: pa.float64()}


def read(body: bytes | BinaryIO, schema: Schema | None = None) -> Table:
    """The table in a CSV text: by the schema's types; without one by `csv_types`, where "001" stays text.

    Raises InvalidInput with column, row, expected and got of up to 20 problems.
    """
    content = body if isinstance(body, bytes) else body.read()
    names, start = csv_source.header(content[: csv_source.HEADER_BYTES])
    block_bytes = min(len(content) + 1, 2**31 - 1)
    found = list(csv_source.blocks(Mapped(io.BytesIO(content)), start, names, block_bytes))
    cells = [pa.concat_arrays(parts) for parts in zip(*found, strict=True)] or [_NO_CELLS] * len(names)
    if schema is None:
        csv_source.require_header(names)
        schema = Schema(tuple(csv_types.infer(name, text) for name, text in zip(names, cells, strict=True)))
    problems = Problems()
    order = match_columns(names, schema, problems)
    chosen = [(field, cells[order[field.name]]) for field in schema.fields if field.name in order]
    return _table(chosen, problems)


def stream(file: BinaryIO) -> TableStream:
    """The table in an open CSV file, which is read twice: for the types of its columns, and then part by part.

    Raises InvalidInput as `read` does, part of it when the parts are read.
    """
    file.seek(0)
    names, start = csv_source.header(file.read(csv_source.HEADER_BYTES))
    csv_source.require_header(names)
    source = _Source(
        Mapped(file), start, names, min(max(_BLOCK_BYTES, _BLOCK_BYTES_PER_COLUMN * len(names)), _MAX_ROW_BYTES)
    )
    try:
        schema = _types(source)
    except csv_source.RowTooLong:
        source = replace(source, block_bytes=_MAX_ROW_BYTES)
        try:
            schema = _types(source)
        except csv_source.RowTooLong:
            raise InvalidInput(f"A row of the CSV is longer than {_MAX_ROW_BYTES} bytes.") from None
    return TableStream(schema, _parts(source, schema))


def write(table: Table) -> bytes:
    """The table as CSV text with lines that end in a newline; timestamps with a zone are in UTC."""
    return csv_text.header(table.schema) + csv_text.lines(table)


def write_stream(table: TableStream) -> Iterator[bytes]:
    """`write`, part by part."""
    yield csv_text.header(table.schema)
    for part in table.parts:
        yield csv_text.lines(part)


@dataclass(frozen=True, slots=True)
class _Source:
    """A CSV file whose rows begin at the byte `start`, and the size of the blocks that they are read in."""

    file: Mapped
    start: int
    names: Sequence[str]
    block_bytes: int

    def blocks(self, types: Mapping[str, pa.DataType] | None = None) -> Iterator[list[pa.Array]]:
        return csv_source.blocks(self.file, self.start, self.names, self.block_bytes, types)


def _types(source: _Source) -> Schema:
    columns = [csv_types.TextType(name) for name in source.names]
    for cells in source.blocks():
        for column, text in zip(columns, cells, strict=True):
            column.update(text)
    return Schema(tuple(column.field() for column in columns))


def _parts(source: _Source, schema: Schema) -> Iterator[Table]:
    """Numbers are read by Arrow itself: that every cell is one is known from finding the types."""
    types = {
        f"f{index}": _READ_BY_ARROW[field.type]
        for index, field in enumerate(schema.fields)
        if field.type in _READ_BY_ARROW
    }
    row = 0
    for cells in source.blocks(types):
        part = _table(list(zip(schema.fields, cells, strict=True)), Problems(row))
        yield part
        row += part.rows


def _table(chosen: Sequence[tuple[Field, pa.Array]], problems: Problems) -> Table:
    columns = [_column(field, cells, problems) for field, cells in chosen]
    problems.raise_if_any()
    return Table.of(column for column in columns if column is not None)


def _column(field: Field, cells: pa.Array, problems: Problems) -> Column | None:
    if cells.type == pa.string():
        return csv_values.column(field, cells, problems)
    return arrow_columns.to_column(field, cells)
