"""What is to be said of a table's columns: counts, range, mean, quantiles, levels, histogram; part by part.

A description takes two passes, since a histogram's edges are known only when all numbers have been seen. Numbers
that are not finite are counted, and left out of all else. Dates and timestamps are numbers here (days,
microseconds), and text in the document.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import arrow_columns, histogram, iso, packing
from registry.tables.histogram import Histogram
from registry.tables.moments import Moments
from registry.tables.sketches import Distinct, Quantiles
from registry.tables.table import Column, Table

Json = dict[str, Any]

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_LEVELS, MOST_TEXTS = 1000, 50
# What is kept in memory to be exact, in values of all columns together, and the least and most of one column.
_VALUES, _LEAST_VALUES, _MOST_VALUES = 4_000_000, 1_000, 100_000


_DISTINCT = {
    ColumnType.CATEGORICAL: pa.int32(),
    **{kind: stored for kind, (_, _, stored) in arrow_columns.TIME_LIMITS.items()},
}


class Description:
    """The first pass over a table; then `second_pass` for the histograms, and `columns` is the document."""

    def __init__(self, schema: Schema) -> None:
        limit = min(max(_VALUES // max(len(schema.fields), 1), _LEAST_VALUES), _MOST_VALUES)
        self._columns = [_column(field, limit) for field in schema.fields]

    def update(self, part: Table) -> None:
        """The next rows."""
        for state, column in zip(self._columns, part.columns, strict=True):
            state.update(column)

    @property
    def numeric(self) -> list[str]:
        """The columns that the second pass has to see."""
        return [each.field.name for each in self._columns if isinstance(each, _Numbers) and each.moments.count]

    def second_pass(self, parts: Iterable[Table]) -> None:
        """The same rows again; of the columns, only `numeric` ones are needed."""
        chosen = [each for each in self._columns if isinstance(each, _Numbers) and each.moments.count]
        for each in chosen:
            each.begin_histogram()
        for part in parts:
            for each in chosen:
                each.count(part.column(each.field.name))

    @property
    def missing(self) -> int:
        """Nulls in the whole table."""
        return sum(each.missing for each in self._columns)

    def columns(self) -> list[Json]:
        """One document per column, in the schema's order."""
        return [each.document() for each in self._columns]


class _Counts:
    """What every column has: missing and different values. For bool, categorical and text also the rows of each."""

    def __init__(self, field: Field, limit: int) -> None:
        self.field = field
        self.missing = 0
        levels = len(field.levels or ())
        self._distinct = Distinct(
            _DISTINCT.get(field.type) or arrow_columns.arrow_type(field), max(limit // 10, levels)
        )

    def update(self, column: Column) -> None:
        array = arrow_columns.to_array(column)
        self.missing += array.null_count
        self._distinct.update(array.indices if self.field.levels is not None else array)

    def document(self) -> Json:
        return {
            "missing": self.missing,
            "unique": self._distinct.count,
            "approximate": [] if self._distinct.is_exact else ["unique"],
            "levels": self._levels(),
        }

    def _levels(self) -> list[Json] | None:
        if self.field.type is ColumnType.CATEGORICAL:
            rows = dict(self._distinct.most_frequent(len(self.field.levels or ())))
            levels = (self.field.levels or ())[:MOST_LEVELS]
            return [{"value": level, "rows": rows.get(code, 0)} for code, level in enumerate(levels)]
        most = self._distinct.most_frequent(MOST_TEXTS)
        return [{"value": value, "rows": rows} for value, rows in most] if self._distinct.is_exact else None


class _Texts(_Counts):
    """Text: its lengths in characters, too."""

    def __init__(self, field: Field, limit: int) -> None:
        super().__init__(field, limit)
        self._shortest: int | None = None
        self._longest: int | None = None

    def update(self, column: Column) -> None:
        super().update(column)
        found = pc.min_max(pc.utf8_length(arrow_columns.to_array(column))).as_py()
        if found["min"] is not None:
            self._shortest = found["min"] if self._shortest is None else min(found["min"], self._shortest)
            self._longest = max(found["max"], self._longest or 0)

    def document(self) -> Json:
        return {**super().document(), "shortest": self._shortest, "longest": self._longest}


class _Numbers(_Counts):
    """Numbers, dates and timestamps."""

    def __init__(self, field: Field, limit: int) -> None:
        super().__init__(field, limit)
        self.moments = Moments()
        self._quantiles = Quantiles(limit)
        self._lowest: Any = None
        self._highest: Any = None
        self._not_finite = 0
        self._histogram: Histogram | None = None

    def update(self, column: Column) -> None:
        values = _stored(self.field, arrow_columns.to_array(column))
        self.missing += values.null_count
        self._distinct.update(values)
        finite = _finite(self.field, values)
        self._not_finite += len(values) - values.null_count - len(finite)
        if not len(finite):
            return
        found = pc.min_max(finite).as_py()
        self._lowest = found["min"] if self._lowest is None else min(self._lowest, found["min"])
        self._highest = found["max"] if self._highest is None else max(self._highest, found["max"])
        numbers = _as_floats(finite)
        self.moments.update(numbers)
        self._quantiles.update(numbers)

    def begin_histogram(self) -> None:
        bins = histogram.edges if self.field.type is ColumnType.FLOAT64 else histogram.whole_edges
        self._histogram = Histogram(bins(self._lowest, self._highest))

    def count(self, column: Column) -> None:
        """Count a part's numbers into the histogram."""
        if self._histogram is not None:
            values = _stored(self.field, arrow_columns.to_array(column))
            self._histogram.update(_as_floats(_finite(self.field, values)))

    def document(self) -> Json:
        quantiles = self._quantiles.at(SHARES)
        is_exact = self._quantiles.is_exact
        if not is_exact and self._distinct.is_exact and not self._not_finite:
            quantiles, is_exact = self._distinct.quantiles(SHARES), True
        counts = self._histogram
        document = {
            **super().document(),
            "min": self._told(self._lowest),
            "max": self._told(self._highest),
            "mean": self._told(self.moments.mean),
            "quantiles": {f"{share:g}": self._told(each) for share, each in zip(SHARES, quantiles, strict=False)},
            "histogram": counts and {"edges": [self._told(each) for each in counts.edges], "counts": counts.counts},
        }
        document["approximate"] += [] if is_exact else ["quantiles"]
        if self.field.type in _SHOWN:
            return document
        return {**document, "deviation": self.moments.deviation, "not_finite": self._not_finite}

    def _levels(self) -> None:
        return None

    def _told(self, value: Any) -> Any:
        """A number as the document has it."""
        show = _SHOWN.get(self.field.type)
        return value if value is None or show is None else show(value, self.field.zone)


def _column(field: Field, limit: int) -> _Counts:
    if field.type in (ColumnType.BOOL, ColumnType.CATEGORICAL):
        return _Counts(field, limit)
    return _Texts(field, limit) if field.type is ColumnType.STRING else _Numbers(field, limit)


def _stored(field: Field, array: pa.Array) -> pa.Array:
    """The numbers of a column; of a float64 column with one zero alone."""
    if field.type is ColumnType.FLOAT64:
        return pc.add(array, 0.0)
    limits = arrow_columns.TIME_LIMITS.get(field.type)
    return array if limits is None else array.view(limits[2])


def _finite(field: Field, values: pa.Array) -> pa.Array:
    """The values that are neither null nor NaN nor infinite."""
    if field.type is ColumnType.FLOAT64:
        finite = pc.is_finite(values)
        return values if not values.null_count and pc.all(finite, min_count=0).as_py() else values.filter(finite)
    return values.drop_null()


def _as_floats(numbers: pa.Array) -> pa.Array:
    return numbers.cast(pa.float64(), safe=False)


def _date(days: float, zone: str | None) -> str:
    return date.fromordinal(packing.EPOCH_DAY + min(int(days // 1), packing.LAST_DAY)).isoformat()


def _timestamp(microseconds: float, zone: str | None) -> str:
    moment = datetime(1970, 1, 1) + timedelta(microseconds=min(int(microseconds // 1), packing.LAST_MICROSECOND))
    return iso.format_timestamp(moment) + ("" if zone is None else "Z")


# What stands for a number of days or microseconds; what is between two days is on the earlier one.
_SHOWN: dict[ColumnType, Callable[[Any, str | None], Any]] = {ColumnType.DATE: _date, ColumnType.TIMESTAMP: _timestamp}
