"""Which type the text of a CSV column has when no schema says so, found part by part."""

import pyarrow as pa

from registry.domain.schema import ColumnType, Field
from registry.tables import csv_values, iso
from registry.tables.problems import Problems

# Digits with a leading zero are a code, not a number.
_INTEGER = r"0|-?[1-9][0-9]{0,18}"
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|-?\.[0-9]+|NaN|nan|-?(?:Infinity|inf|Inf)"
_DIGITS = "-?[0-9]+"
_BOOL = "(?i)true|false"


class TextType:
    """The narrowest of bool, int64, float64, date, timestamp that all cells are written as; string otherwise.

    Timestamps that all have an offset get the zone UTC. What the cells seen so far rule out is not tried again.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._empty = True
        patterns = (_BOOL, _INTEGER, _NUMBER, _DIGITS, iso.DATE_PATTERN, iso.TIMESTAMP_PATTERN)
        self._written = dict.fromkeys(patterns, True)
        self._fits: dict[Field, bool] = {}

    def update(self, text: pa.Array) -> None:
        """The next cells; null where one is empty."""
        cells = text.drop_null()
        if not len(cells):
            return
        self._empty = False
        if self._written[_INTEGER] and csv_values.all_match(cells, _INTEGER):
            # These are numbers and digits as well, and every float64 can be as large.
            self._try((_BOOL, iso.DATE_PATTERN, iso.TIMESTAMP_PATTERN), cells)
            self._check(Field(self._name, ColumnType.INT64), cells)
            return
        self._written[_INTEGER] = False
        self._try((_BOOL, _NUMBER, _DIGITS, iso.DATE_PATTERN, iso.TIMESTAMP_PATTERN), cells)
        if self._written[_NUMBER]:
            self._check(Field(self._name, ColumnType.FLOAT64), cells)
        for field in self._times():
            self._check(field, cells)

    def field(self) -> Field:
        """The column's field, as far as it has been seen."""
        text = Field(self._name, ColumnType.STRING)
        if self._empty:
            return text
        if self._written[_BOOL]:
            return Field(self._name, ColumnType.BOOL)
        if self._written[_INTEGER]:
            candidates = [Field(self._name, ColumnType.INT64)]
        elif self._written[_NUMBER] and not self._written[_DIGITS]:
            candidates = [Field(self._name, ColumnType.FLOAT64)]
        else:
            candidates = self._times()
        return next((field for field in candidates if self._fits.get(field, True)), text)

    def _times(self) -> list[Field]:
        if self._written[iso.DATE_PATTERN]:
            return [Field(self._name, ColumnType.DATE)]
        if self._written[iso.TIMESTAMP_PATTERN]:
            return [Field(self._name, ColumnType.TIMESTAMP), Field(self._name, ColumnType.TIMESTAMP, zone="UTC")]
        return []

    def _try(self, patterns: tuple[str, ...], cells: pa.Array) -> None:
        for pattern in patterns:
            if self._written[pattern]:
                self._written[pattern] = csv_values.all_match(cells, pattern)

    def _check(self, field: Field, cells: pa.Array) -> None:
        if self._fits.get(field, True):
            self._fits[field] = csv_values.fast(field, cells, trusted=True) is not None or (
                csv_values.column(field, cells, Problems()) is not None
            )


def infer(name: str, text: pa.Array) -> Field:
    """The field of a column whose cells are all here."""
    column = TextType(name)
    column.update(text)
    return column.field()
