"""The text of one CSV column → the typed column; and which type text without a schema has."""

import math
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.schema import ColumnType, Field
from registry.tables import arrow_columns, iso, packing
from registry.tables.packing import Misfit, misfits
from registry.tables.problems import Problems
from registry.tables.table import Column

_INTEGER = r"[+-]?[0-9]+(?:\.0*)?"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NOT_NUMBERS = {"nan": math.nan, "inf": math.inf, "infinity": math.inf, "-inf": -math.inf, "-infinity": -math.inf}
_BOOLS = {"true": True, "false": False}

# Without a schema, digits with a leading zero are a code, not a number.
_SURE_INTEGER = r"0|-?[1-9][0-9]{0,18}"
_SURE_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|-?\.[0-9]+|NaN|nan|-?(?:Infinity|inf|Inf)"


def column(field: Field, text: pa.ChunkedArray, problems: Problems) -> Column | None:
    """The typed column of text, or None after adding what does not fit to `problems`."""
    array = text.combine_chunks() if text.num_chunks != 1 else text.chunk(0)
    if (field.nullable or not array.null_count) and (fast := _fast(field, array)) is not None:
        return fast
    values = array.to_pylist()
    try:
        return Column(field, *packing.pack(field, _load(field, values)))
    except Misfit:
        for row, value in misfits(lambda value: packing.pack(field, _load(field, [value])), values, problems.room):
            problems.misfit(field, row, value)
        return None


def infer(name: str, text: pa.ChunkedArray) -> Field:
    """The narrowest of bool, int64, float64, date, timestamp that all cells are written as; string otherwise.

    Timestamps that all have an offset get the zone UTC.
    """
    if text.null_count == len(text):
        return Field(name, ColumnType.STRING)
    if _all(text, "(?i)true|false"):
        return Field(name, ColumnType.BOOL)
    if _all(text, _SURE_INTEGER):
        candidates = [Field(name, ColumnType.INT64)]
    elif _all(text, _SURE_NUMBER) and not _all(text, r"-?[0-9]+"):
        candidates = [Field(name, ColumnType.FLOAT64)]
    elif _all(text, iso.DATE_PATTERN):
        candidates = [Field(name, ColumnType.DATE)]
    elif _all(text, iso.TIMESTAMP_PATTERN):
        candidates = [Field(name, ColumnType.TIMESTAMP), Field(name, ColumnType.TIMESTAMP, zone="UTC")]
    else:
        candidates = []
    return next(
        (each for each in candidates if column(each, text, Problems()) is not None), Field(name, ColumnType.STRING)
    )


def _fast(field: Field, array: pa.Array) -> Column | None:
    """The column without a Python object per cell, where Arrow reads the text exactly as `_PARSE` does; else None."""
    if field.type is ColumnType.STRING:
        return arrow_columns.to_column(field, array)
    pattern = {ColumnType.INT32: "-?[0-9]+", ColumnType.INT64: "-?[0-9]+", ColumnType.FLOAT64: _NUMBER}.get(field.type)
    if pattern is None or not _all(array, pattern):
        return None
    try:
        numbers = array.cast(arrow_columns.arrow_type(field))
    except pa.ArrowException:
        return None
    if field.type is ColumnType.FLOAT64 and not pc.all(pc.is_finite(numbers)).as_py():
        return None if len(numbers) > numbers.null_count else arrow_columns.to_column(field, numbers)
    return arrow_columns.to_column(field, numbers)


def _all(text: pa.Array | pa.ChunkedArray, pattern: str) -> bool:
    """Every cell that is not null is, in full, of the pattern."""
    return bool(pc.all(pc.match_substring_regex(text, f"^(?:{pattern})$"), min_count=0).as_py())


def _load(field: Field, values: list[Any]) -> list[Any]:
    parse = _PARSE.get(field.type)
    return values if parse is None else [None if value is None else parse(value) for value in values]


def _parse_bool(text: str) -> bool:
    if text.lower() not in _BOOLS:
        raise Misfit("bool")
    return _BOOLS[text.lower()]


def _parse_int(text: str) -> int:
    if not re.fullmatch(_INTEGER, text) or len(text) > 100:
        raise Misfit("int")
    return int(text.partition(".")[0])


def _parse_float(text: str) -> float:
    if re.fullmatch(_NUMBER, text):
        value = float(text)
        if math.isinf(value):
            raise Misfit("range")
        return value
    if text.lower() not in _NOT_NUMBERS:
        raise Misfit("float")
    return _NOT_NUMBERS[text.lower()]


_PARSE: dict[ColumnType, Callable[[str], Any]] = {
    ColumnType.BOOL: _parse_bool,
    ColumnType.INT32: _parse_int,
    ColumnType.INT64: _parse_int,
    ColumnType.FLOAT64: _parse_float,
    ColumnType.DATE: iso.parse_date,
    ColumnType.TIMESTAMP: iso.parse_timestamp,
}
