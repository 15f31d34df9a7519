"""JSON ↔ the typed table, in two forms.

*split*: `{"columns": [names or typed fields], "data": [[row], …]}`;
*records*: `[{name: value}, …]` or `{"records": [{…}, …]}`.

null is NA; a float64 may also be "NaN", "Infinity" or "-Infinity"; dates are "YYYY-MM-DD", timestamps ISO 8601. With a
schema, the order of the columns does not matter and every value is checked; without one, types are found (`infer`).
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import Field, Schema
from registry.tables import json_values
from registry.tables.problems import Problems, match_columns
from registry.tables.table import Table

FORMS = '{"columns": […], "data": [[…]]} or [{…}, …]'


def read(body: bytes, schema: Schema | None = None) -> Table:
    """The table in a JSON text. Raises InvalidInput with column, row, expected and got of up to 20 problems."""
    return from_document(parse(body), schema)


def write(table: Table, orient: Literal["split", "records"] = "split") -> bytes:
    """The table as JSON text: typed fields and rows, or a list of records."""
    return json.dumps(to_document(table, orient), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def parse(body: bytes, constant: Callable[[str], Any] | None = None) -> Any:
    """Strict JSON: UTF-8, no NaN tokens, no key twice in an object. Raises InvalidInput.

    `constant` says what the tokens NaN, Infinity and -Infinity mean, for protocols whose clients write them.
    """
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=constant or no_constant, object_pairs_hook=distinct)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The JSON text is not UTF-8: {error.reason} at byte {error.start}.") from None
    except RecursionError:
        raise InvalidInput("The JSON text is nested too deeply.") from None
    except ValueError as error:
        raise InvalidInput(f"The text is not JSON: {error}.") from None


def from_document(document: Any, schema: Schema | None = None) -> Table:
    """The table in parsed JSON, either form; other keys beside "records", or "columns" and "data", are ignored.

    Raises InvalidInput.
    """
    if isinstance(document, dict) and "records" in document:
        document = document["records"]
    if isinstance(document, list):
        names, values = records_to_columns(document, schema)
        declared: dict[str, Field] = {}
        rows = len(document)
    elif isinstance(document, dict) and isinstance(document.get("columns"), list) and "data" in document:
        names, declared = header(document["columns"])
        values = rows_to_columns(document["data"], len(names))
        rows = len(document["data"])
    else:
        raise InvalidInput(f"This JSON is not a table: send {FORMS}.", expected=FORMS)
    problems = Problems()
    if schema is not None:
        order = match_columns(names, schema, problems)
        chosen = [(field, values[order[field.name]]) for field in schema.fields if field.name in order]
    else:
        chosen = [
            (declared.get(name) or json_values.infer(name, each), each)
            for name, each in zip(names, values, strict=True)
        ]
    columns = [json_values.column(field, each, problems) for field, each in chosen]
    problems.raise_if_any()
    return Table.of((column for column in columns if column is not None), rows)


def is_records(document: Any) -> bool:
    """Whether parsed JSON is in the records form; the answer to it then is, too."""
    return isinstance(document, list) or (isinstance(document, dict) and "records" in document)


def to_document(table: Table, orient: Literal["split", "records"] = "split") -> Any:
    """What `write` writes, ready for `json.dumps`: {"columns", "data"} or a list of records."""
    names = table.schema.names
    columns = [json_values.dump(column) for column in table.columns]
    rows = list(zip(*columns, strict=True)) if columns else [()] * table.rows
    if orient == "records":
        return [dict(zip(names, row, strict=True)) for row in rows]
    return {"columns": table.schema.to_json(), "data": rows}


def header(columns: Sequence[Any]) -> tuple[list[str], dict[str, Field]]:
    """(names, typed fields by name) of the member "columns". Raises InvalidInput."""
    fields = [Field.from_json(each) if isinstance(each, dict) else each for each in columns]
    names = [each.name if isinstance(each, Field) else each for each in fields]
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise InvalidInput(f'"columns" holds names or typed columns, not {wrong[0]!r:.80}.')
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"Two columns have the name {twice!r:.80}.", column=twice)
    return names, {each.name: each for each in fields if isinstance(each, Field)}


def rows_to_columns(data: Any, width: int, first_row: int = 0) -> list[list[Any]]:
    """The columns of rows of values. Raises InvalidInput for a row, counted from `first_row`, of another width."""
    if not isinstance(data, list):
        raise InvalidInput('"data" is not a list of rows.', expected="[[…], …]")
    for row, values in enumerate(data, first_row):
        if not isinstance(values, list) or len(values) != width:
            got = f"{len(values)} values" if isinstance(values, list) else f"{values!r:.80}"
            raise InvalidInput(
                f"Row {row} is not a list of {width} values, one per column: got {got}.",
                problems=[{"column": None, "row": row, "expected": f"{width} values", "got": got}],
            )
    return [list(column) for column in zip(*data, strict=True)] if data else [[] for _ in range(width)]


def records_to_columns(
    records: list[Any], schema: Schema | None, names: list[str] | None = None, first_row: int = 0
) -> tuple[list[str], list[list[Any]]]:
    """(names, columns) of records that all have the names of the first one, or those given. Raises InvalidInput."""
    if not records:
        names = list(schema.names) if schema else []
        return names, [[] for _ in names]
    if names is None:
        names = list(records[0]) if isinstance(records[0], dict) else []
    for row, record in enumerate(records, first_row):
        if not isinstance(record, dict):
            raise InvalidInput(
                f"Row {row} is not an object.",
                problems=[{"column": None, "row": row, "expected": "{name: value, …}", "got": f"{record!r:.80}"}],
            )
        if len(record) != len(names) or any(name not in record for name in names):
            differing = sorted(set(names) ^ set(record))[0]
            known = schema is not None and differing in schema.names
            expected = schema.field(differing).expectation if schema and known else "the same columns in every row"
            raise InvalidInput(
                f"Row {row} has not the columns of row 0: {differing!r:.80} is in one of them alone.",
                problems=[{"column": differing, "row": row, "expected": expected, "got": None}],
            )
    return names, [[record[name] for record in records] for name in names]


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises InvalidInput when it has a key twice."""
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        raise InvalidInput(f"The key {next(key for key in keys if keys.count(key) > 1)!r:.80} is twice in one object.")
    return document


def no_constant(name: str) -> Any:
    """Raises InvalidInput for NaN, Infinity and -Infinity, which are not JSON."""
    raise InvalidInput(f'{name} is not JSON; in a float64 column write it as the text "{name}".')
