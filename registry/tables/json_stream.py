"""JSON in both of its forms ↔ the typed table in parts. See `registry.tables.json_format` for the forms."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import Field, Schema
from registry.tables import json_format, json_values
from registry.tables.json_rows import JsonText
from registry.tables.problems import Problems
from registry.tables.stream import TableStream
from registry.tables.table import Table

_PART_ROWS, _PART_CHARACTERS = 4096, 4 << 20


@dataclass(frozen=True, slots=True)
class _Form:
    """Where the rows are: the member "data" (lists) or "records" (objects), or, by None, the text itself (objects)."""

    member: str | None
    columns: list[Any] | None = None


def stream(file: BinaryIO) -> TableStream:
    """The table in an open JSON file; read twice when its columns come without types.

    Raises InvalidInput as `json_format.read` does, part of it when the parts are read.
    """
    form = _form(file)
    names, declared = (None, {}) if form.columns is None else json_format.header(form.columns)
    if names is None or len(declared) < len(names):
        schema = _types(file, form, names, declared)
    else:
        schema = Schema(tuple(declared[name] for name in names))
    if not schema.fields:
        raise InvalidInput("The table has no columns.")
    return TableStream(schema, _parts(file, form, schema))


def write(table: TableStream) -> Iterator[bytes]:
    """The split form, with typed columns."""
    yield b'{"columns":' + _dumped(table.schema.to_json()) + b',"data":['
    begun = False
    for part in table.parts:
        for rows in TableStream.of(part, _PART_ROWS).parts:
            yield (b"," if begun else b"") + _dumped(json_format.to_document(rows)["data"])[1:-1]
            begun = True
    yield b"]}"


def _form(file: BinaryIO) -> _Form:
    text = JsonText(file)
    if text.peek() == "[":
        return _Form(None)
    columns: Any = None
    data = False
    for key in _members(text):
        if key == "records":
            return _Form("records")
        if key == "columns":
            columns = text.value('"columns"')
        elif key == "data" and text.peek() == "[" and columns is None:
            data = True
            for _ in text.list("Row"):
                pass
        elif key == "data":
            data = True
            break
        else:
            text.value(f"The member {key!r:.40}")
    if not data or not isinstance(columns, list):
        raise InvalidInput(f"This JSON is not a table: send {json_format.FORMS}.", expected=json_format.FORMS)
    return _Form("data", columns)


def _rows(file: BinaryIO, form: _Form) -> Iterator[list[Any]]:
    """Some rows after another; then that the text ends as it should."""
    text = JsonText(file)
    if form.member is None:
        yield from _some(text)
    else:
        for key in _members(text):
            if key == form.member:
                yield from _some(text)
            else:
                text.value(f"The member {key!r:.40}")
    text.end()


def _some(text: JsonText) -> Iterator[list[Any]]:
    rows: list[Any] = []
    begin = text.characters
    for row in text.list("Row"):
        rows.append(row)
        if len(rows) == _PART_ROWS or text.characters - begin > _PART_CHARACTERS:
            yield rows
            rows, begin = [], text.characters
    if rows:
        yield rows


def _members(text: JsonText) -> Iterator[str]:
    """The keys of the object that comes next; whoever asks for the next one has read its value."""
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    seen: set[str] = set()
    while True:
        key = text.value("A key")
        if not isinstance(key, str) or key in seen:
            raise InvalidInput(f"The text is not JSON: {key!r:.80} as a key{' twice' if key in seen else ''}.")
        seen.add(key)
        text.take(":")
        yield key
        if text.take(",", "}") == "}":
            return


def _types(file: BinaryIO, form: _Form, names: list[str] | None, declared: dict[str, Field]) -> Schema:
    columns: dict[str, json_values.ValueType] = {}
    first_row = 0
    for rows in _rows(file, form):
        names, values = _columns(rows, form, names, first_row)
        first_row += len(rows)
        for name, each in zip(names, values, strict=True):
            if name not in declared:
                columns.setdefault(name, json_values.ValueType(name)).update(each)
    return Schema(
        tuple(declared.get(name) or columns.get(name, json_values.ValueType(name)).field() for name in names or ())
    )


def _parts(file: BinaryIO, form: _Form, schema: Schema) -> Iterator[Table]:
    first_row = 0
    for rows in _rows(file, form):
        _, values = _columns(rows, form, list(schema.names), first_row)
        problems = Problems(first_row)
        columns = [json_values.column(field, each, problems) for field, each in zip(schema.fields, values, strict=True)]
        problems.raise_if_any()
        yield Table.of((column for column in columns if column is not None), len(rows))
        first_row += len(rows)


def _columns(
    rows: list[Any], form: _Form, names: list[str] | None, first_row: int
) -> tuple[list[str], list[list[Any]]]:
    if form.member == "data":
        return names or [], json_format.rows_to_columns(rows, len(names or ()), first_row)
    return json_format.records_to_columns(rows, None, names, first_row)


def _dumped(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
