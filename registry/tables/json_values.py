"""The values of one column in JSON ↔ the typed column; and which type values without a schema have."""

import math
import re
from collections.abc import Callable
from typing import Any

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field
from registry.tables import iso, packing
from registry.tables.packing import Misfit, misfits, show
from registry.tables.problems import Problems
from registry.tables.table import Column

_NAMED_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_INT64 = range(-(2**63), 2**63)
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,18}")


def column(field: Field, values: list[Any], problems: Problems) -> Column | None:
    """The typed column of JSON values, or None after adding what does not fit to `problems`."""
    try:
        return Column(field, *packing.pack(field, _load(field, values)))
    except Misfit:
        if problems.room > 0:
            found = misfits(lambda value: packing.pack(field, _load(field, [value])), values, problems.room)
            for row, value in found:
                problems.misfit(field, row, value)
            if not found:
                problems.add(field.name, None, "at most 2 GiB of text in a column", "more")
        return None


def dump(column: Column) -> list[Any]:
    """The column's values as JSON has them."""
    values = column.to_values()
    kind = column.field.type
    if kind is ColumnType.FLOAT64:
        if all(value is not None and math.isfinite(value) for value in values):
            return values
        return [value if value is None or math.isfinite(value) else _float_name(value) for value in values]
    if kind is ColumnType.DATE:
        return [None if value is None else value.isoformat() for value in values]
    if kind is ColumnType.TIMESTAMP:
        return [None if value is None else iso.format_timestamp(value) for value in values]
    return values


def infer(name: str, values: list[Any]) -> Field:
    """The field of a column whose values are all here: see `ValueType`. Raises InvalidInput."""
    column = ValueType(name)
    column.update(values)
    return column.field()


class ValueType:
    """bool, int64, float64 or string, whichever holds all values that were seen; string when all are null.

    Dates are not guessed from text.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows = 0
        self._first: dict[type, tuple[int, Any]] = {}
        self._integers_fit = self._texts_are_floats = True

    def update(self, values: list[Any]) -> None:
        """The next values."""
        for kind in set(map(type, values)) - {type(None)} - self._first.keys():
            row = next(row for row, value in enumerate(values) if type(value) is kind)
            self._first[kind] = (self._rows + row, values[row])
        if int in self._first and self._integers_fit:
            self._integers_fit = all(value in _INT64 for value in values if type(value) is int)
        if str in self._first and self._texts_are_floats:
            self._texts_are_floats = all(value in _NAMED_FLOATS for value in values if type(value) is str)
        self._rows += len(values)

    def field(self) -> Field:
        """Raises InvalidInput when the values are not of one type."""
        kinds = self._first.keys()
        if kinds == {bool}:
            return Field(self._name, ColumnType.BOOL)
        if kinds == {int} and self._integers_fit:
            return Field(self._name, ColumnType.INT64)
        if kinds and kinds <= {int, float}:
            return Field(self._name, ColumnType.FLOAT64)
        if kinds <= {str}:
            return Field(self._name, ColumnType.STRING)
        if kinds <= {int, float, str} and self._texts_are_floats:
            return Field(self._name, ColumnType.FLOAT64)
        row, odd = sorted(self._first.values(), key=lambda found: found[0])[:2][-1]
        raise InvalidInput(
            f"Column {self._name!r:.80} is not of one type: row {row} is {show(odd)}.",
            problems=[{"column": self._name, "row": row, "expected": "values of one type", "got": show(odd)}],
        )


def _load(field: Field, values: list[Any]) -> list[Any]:
    """JSON values as Python values that `packing.pack` takes. Raises Misfit."""
    load = _LOAD.get(field.type)
    if load is None or (field.type in _INTEGERS and {float, str}.isdisjoint(map(type, values))):
        return values
    return [None if value is None else load(value) for value in values]


def _load_float(value: Any) -> float:
    # An infinite number in JSON text was too large for a double: 1e999.
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise Misfit("range") from None
    if isinstance(value, str) and value in _NAMED_FLOATS:
        return _NAMED_FLOATS[value]
    raise Misfit("type")


def _load_int(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value


def _load_int64(value: Any) -> Any:
    # Callers whose numbers are doubles, R without bit64 for one, have the largest integers as text.
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    return _load_int(value)


def _text(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    def load(value: Any) -> Any:
        if not isinstance(value, str):
            raise Misfit("type")
        return parse(value)

    return load


def _float_name(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


_INTEGERS = (ColumnType.INT32, ColumnType.INT64)
_LOAD: dict[ColumnType, Callable[[Any], Any]] = {
    ColumnType.INT32: _load_int,
    ColumnType.INT64: _load_int64,
    ColumnType.FLOAT64: _load_float,
    ColumnType.DATE: _text(iso.parse_date),
    ColumnType.TIMESTAMP: _text(iso.parse_timestamp),
}
