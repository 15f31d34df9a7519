"""Bodies of MLflow's scoring protocol ↔ the typed table.

`{"dataframe_split": {"columns", "data"}}`, `{"dataframe_records": [{…}]}`, `{"instances": rows or records}` and
`{"inputs": {column: [values]}, or rows, or records}`, each with `params` beside it. Rows without names are in the order
of the model's columns. MLflow's client writes what pandas has no value for as the token NaN: here that is null.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.schema import Schema
from registry.tables import json_format, json_values
from registry.tables.packing import show
from registry.tables.table import Table

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_TOKENS: dict[str, str | None] = {"NaN": None}


@dataclass(frozen=True, slots=True)
class Scoring:
    """A parsed body: `data` in one of FORMS, and what the caller set beside it."""

    form: str
    data: Any
    params: dict[str, Any]


def parse(body: bytes) -> Scoring:
    """Raises InvalidInput when it is not JSON, InvalidRequest when it is not of one form."""
    document = json_format.parse(body, constant=lambda name: _TOKENS.get(name, name))
    given = [form for form in FORMS if isinstance(document, dict) and form in document]
    if len(given) != 1:
        raise InvalidRequest(
            f"The body has {', '.join(given) or 'none'} of {', '.join(FORMS)}; it must have one.",
            next='Send {"dataframe_split": {"columns": […], "data": [[…], …]}}, for example.',
        )
    params = document.get("params")
    if params is not None and not isinstance(params, dict):
        raise InvalidRequest(f"`params` is an object, not {show(params)}.")
    return Scoring(given[0], document[given[0]], params or {})


def table(scoring: Scoring, schema: Schema) -> Table:
    """The typed table of the data. Raises InvalidInput with column, row, expected and got."""
    return _READ[scoring.form](scoring.data, schema)


def write(answer: Table) -> bytes:
    """`{"predictions": …}`: a list of values, or of records when the answer has several columns."""
    columns = [_values(column.field.name, answer) for column in answer.columns]
    names = answer.schema.names
    predictions: list[Any] = (
        columns[0]
        if names == ("prediction",)
        else [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    )
    return json.dumps({"predictions": predictions}, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _values(name: str, answer: Table) -> list[Any]:
    """As JSON has them; NaN is null, which pandas and NumPy read as NaN again."""
    column = answer.column(name)
    return [
        None if isinstance(value, float) and math.isnan(value) else shown
        for value, shown in zip(column.to_values(), json_values.dump(column), strict=True)
    ]


def _split(document: Any, schema: Schema) -> Table:
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise InvalidInput('"dataframe_split" is not {"columns": […], "data": [[…], …]}.')
    columns = document.get("columns")
    # A DataFrame that was made of an array counts its columns.
    if columns is None or (columns and columns == [*range(len(columns))]):
        return _rows(document["data"], schema)
    return json_format.from_document({"columns": columns, "data": document["data"]}, schema)


def _records(document: Any, schema: Schema) -> Table:
    if not isinstance(document, list):
        raise InvalidInput('"dataframe_records" is not a list of objects, one per row.')
    return json_format.from_document(document, schema)


def _rows_or_records(document: Any, schema: Schema) -> Table:
    if not isinstance(document, list):
        raise InvalidInput("The data are not a list of rows or of records.")
    if document and isinstance(document[0], dict):
        return json_format.from_document(document, schema)
    return _rows(document, schema)


def _rows(data: list[Any], schema: Schema) -> Table:
    """Rows in the order of the model's columns; for a model of one column also its values alone."""
    if len(schema.fields) == 1 and not any(isinstance(row, list) for row in data):
        data = [[value] for value in data]
    return json_format.from_document({"columns": [*schema.names], "data": data}, schema)


def _inputs(document: Any, schema: Schema) -> Table:
    if not isinstance(document, dict):
        return _rows_or_records(document, schema)
    columns = {name: values if isinstance(values, list) else [values] for name, values in document.items()}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        first = len(next(iter(columns.values())))
        name, odd = next((name, len(values)) for name, values in columns.items() if len(values) != first)
        raise InvalidInput(
            f"Column {name!r:.80} has {odd} values, the one before it {first}.",
            column=name,
            expected=f"{first} values, as in every column",
        )
    flattened = [[_alone(value) for value in values] for values in columns.values()]
    return json_format.from_document(
        {"columns": [*columns], "data": [list(row) for row in zip(*flattened, strict=True)]}, schema
    )


def _alone(value: Any) -> Any:
    """A column of a NumPy array of shape [n, 1] comes as lists of one value."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


_READ: dict[str, Callable[[Any, Schema], Table]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _rows_or_records,
    "inputs": _inputs,
}
