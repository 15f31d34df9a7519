"""The text of one CSV column → the typed column."""

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
_NAMED = "(?i)nan|-?inf(?:inity)?"
_FAST = {
    ColumnType.INT32: "-?[0-9]+",
    ColumnType.INT64: "-?[0-9]+",
    ColumnType.FLOAT64: f"{_NUMBER}|{_NAMED}",
    ColumnType.DATE: iso.DATE_PATTERN,
    ColumnType.TIMESTAMP: iso.TIMESTAMP_PATTERN,
}


def column(field: Field, array: pa.Array, problems: Problems) -> Column | None:
    """The typed column of text, or None after adding what does not fit to `problems`."""
    if (field.nullable or not array.null_count) and (found := fast(field, array)) is not None:
        return found
    return slow(field, array, problems)


def slow(field: Field, array: pa.Array, problems: Problems) -> Column | None:
    """As `column`, cell by cell: what fits is decided here, and `fast` is only faster."""
    values = array.to_pylist()
    try:
        return Column(field, *packing.pack(field, _load(field, values)))
    except Misfit:
        for row, value in misfits(lambda value: packing.pack(field, _load(field, [value])), values, problems.room):
            problems.misfit(field, row, value)
        return None


def fast(field: Field, array: pa.Array, *, trusted: bool = False) -> Column | None:
    """The column without a Python object per cell, where Arrow reads the text exactly as `_PARSE` does; else None.

    `trusted`: the caller knows that all cells are written as numbers, dates or timestamps.
    """
    if field.type is ColumnType.STRING:
        return arrow_columns.to_column(field, array)
    pattern = _FAST.get(field.type)
    if pattern is None or not (trusted or all_match(array, pattern)):
        return None
    try:
        values = array.cast(arrow_columns.arrow_type(field))
    except pa.ArrowException:
        return None
    if field.type is ColumnType.FLOAT64 and _has_overflown(values, array):
        return None
    if field.type in arrow_columns.TIME_LIMITS and not arrow_columns.in_years(field, values):
        return None
    return arrow_columns.to_column(field, values)


def all_match(text: pa.Array, pattern: str) -> bool:
    """Every cell that is not null is, in full, of the pattern."""
    pattern = f"^(?:{pattern})$"
    if not _all_match(text.slice(0, 16), pattern):
        return False
    return _all_match(text, pattern)


def _all_match(text: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern), min_count=0).as_py())


def _has_overflown(numbers: pa.Array, text: pa.Array) -> bool:
    """A number too large for a double is read as infinite, though nobody wrote that."""
    infinite = pc.is_inf(numbers)
    if not pc.any(infinite, min_count=0).as_py():
        return False
    return bool(pc.any(pc.and_not(infinite, pc.match_substring(text, "i", ignore_case=True))).as_py())


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
