"""CSV (RFC 4180, UTF-8, a header line) ↔ the typed table.

An empty cell is null; a text column has the empty text as `""`. Floats beyond numbers are NaN, Infinity, -Infinity.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from registry.domain.errors import InvalidInput
from registry.domain.schema import MAX_COLUMNS, ColumnType, Schema
from registry.tables import csv_values, json_values
from registry.tables.problems import Problems, match_columns
from registry.tables.table import Column, Table

_ROW = re.compile(r"Row #(\d+): (Expected \d+ columns, got \d+)")
_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')


def read(body: bytes | BinaryIO, schema: Schema | None = None) -> Table:
    """The table in a CSV text: by the schema's types; without one by `csv_values.infer`, where "001" stays text.

    Raises InvalidInput with column, row, expected and got of up to 20 problems.
    """
    content = body if isinstance(body, bytes) else body.read()
    names = _names(content)
    cells = _cells(content, len(names))
    problems = Problems()
    if schema is None:
        schema = Schema(tuple(csv_values.infer(name, text) for name, text in zip(names, cells, strict=True)))
    order = match_columns(names, schema, problems)
    columns = [
        csv_values.column(field, cells[order[field.name]], problems) for field in schema.fields if field.name in order
    ]
    problems.raise_if_any()
    return Table.of(column for column in columns if column is not None)


def write(table: Table) -> bytes:
    """The table as CSV text with lines that end in a newline; timestamps with a zone are in UTC."""
    lines = [",".join(map(_quoted, table.schema.names))]
    columns = [_text(column) for column in table.columns]
    lines += map(",".join, zip(*columns, strict=True))
    return ("\n".join(lines) + "\n").encode()


def _names(content: bytes) -> list[str]:
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""), strict=True)
    try:
        names = next(lines, [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidInput(f"The text is not CSV in UTF-8: {error}.") from None
    if not names:
        raise InvalidInput("The CSV has no header line with the columns' names.")
    if len(names) > MAX_COLUMNS:
        raise InvalidInput(f"A table has at most {MAX_COLUMNS} columns, not {len(names)}.")
    for name in names:
        if not name or names.count(name) > 1:
            raise InvalidInput(f"The header line has {name!r:.80} as a name{' twice' if name else ''}.", column=name)
    return names


def _cells(content: bytes, width: int) -> list[pa.ChunkedArray]:
    """The text of each column below the header; null where a cell is empty and not quoted."""
    names = [f"f{index}" for index in range(width)]
    # The header is read as a row of text, so that a line break in a name cannot shift what follows.
    # Only without threads does Arrow say which row is wrong.
    size = min(len(content) + 1, 2**31 - 1)
    reading = arrow_csv.ReadOptions(column_names=names, block_size=size, use_threads=False)
    parsing = arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=width > 1)
    converting = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    try:
        table = arrow_csv.read_csv(pa.BufferReader(content), reading, parsing, converting)
    except pa.ArrowException as error:
        raise _explained(str(error)) from None
    return [column.slice(1) for column in table.columns]


def _explained(message: str) -> InvalidInput:
    found = _ROW.search(message)
    if not found:
        return InvalidInput(f"The text is not CSV in UTF-8: {message:.200}")
    row, expectation = int(found[1]) - 2, found[2].replace("Expected ", "")
    expected, got = expectation.split(", got ")
    return InvalidInput(
        f"Row {row} does not have the header's {expected}: it has {got}.",
        problems=[{"column": None, "row": row, "expected": expected, "got": f"{got} columns"}],
    )


def _text(column: Column) -> Sequence[str]:
    values = json_values.dump(column)
    kind = column.field.type
    if kind in (ColumnType.STRING, ColumnType.CATEGORICAL):
        return ["" if value is None else _quoted(value) for value in values]
    if kind is ColumnType.BOOL:
        return ["" if value is None else "true" if value else "false" for value in values]
    return ["" if value is None else str(value) for value in values]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if not text or _QUOTED.search(text) else text
