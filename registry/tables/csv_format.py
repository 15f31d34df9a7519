"""CSV (RFC 4180, UTF-8, a header line) ↔ the typed table.

An empty cell is null; a text column has the empty text as `""`. Floats beyond numbers are NaN, Infinity, -Infinity.
"""

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from registry.domain.errors import InvalidInput
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
    names = csv_source.names(content[: csv_source.HEADER_BYTES])
    block_bytes = min(len(content) + 1, 2**31 - 1)
    found = (
        list(csv_source.blocks(Mapped(io.BytesIO(content)), names, block_bytes)) if csv_source.has_rows(content) else []
    )
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
    head = file.read(csv_source.HEADER_BYTES)
    names = csv_source.names(head)
    csv_source.require_header(names)
    if not csv_source.has_rows(head):
        return TableStream.of(_table([(Field(name, ColumnType.STRING), _NO_CELLS) for name in names], Problems()))
    source = Mapped(file)
    block_bytes = min(max(_BLOCK_BYTES, _BLOCK_BYTES_PER_COLUMN * len(names)), _MAX_ROW_BYTES)
    while True:
        try:
            schema = _types(source, names, block_bytes)
            return TableStream(schema, _parts(source, schema, block_bytes))
        except csv_source.RowTooLong:
            if block_bytes == _MAX_ROW_BYTES:
                raise InvalidInput(f"A row of the CSV is longer than {_MAX_ROW_BYTES} bytes.") from None
            block_bytes = _MAX_ROW_BYTES


def write(table: Table) -> bytes:
    """The table as CSV text with lines that end in a newline; timestamps with a zone are in UTC."""
    return csv_text.header(table.schema) + csv_text.lines(table)


def write_stream(table: TableStream) -> Iterator[bytes]:
    """`write`, part by part."""
    yield csv_text.header(table.schema)
    for part in table.parts:
        yield csv_text.lines(part)


def _types(source: Mapped, names: Sequence[str], block_bytes: int) -> Schema:
    columns = [csv_types.TextType(name) for name in names]
    for cells in csv_source.blocks(source, names, block_bytes):
        for column, text in zip(columns, cells, strict=True):
            column.update(text)
    return Schema(tuple(column.field() for column in columns))


def _parts(source: Mapped, schema: Schema, block_bytes: int) -> Iterator[Table]:
    """Numbers are read by Arrow itself: that every cell is one is known from finding the types."""
    types = {
        f"f{index}": _READ_BY_ARROW[field.type]
        for index, field in enumerate(schema.fields)
        if field.type in _READ_BY_ARROW
    }
    row = 0
    for cells in csv_source.blocks(source, schema.names, block_bytes, types):
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
