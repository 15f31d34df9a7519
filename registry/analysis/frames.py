"""The typed table ↔ the DataFrame that dalex works on: numbers stay numbers, everything else is text.

dalex writes values into columns, sorts and formats them; it knows numbers and text. Truth values, dates and levels are
text on its side and become what they were on the way to the model. A null is NaN there and null here.
"""

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from registry.domain.schema import ColumnType, Field, Schema
from registry.tables.table import Column, Table

_NUMBERS = (ColumnType.INT32, ColumnType.INT64, ColumnType.FLOAT64)
_DTYPE = {ColumnType.INT32: "<i4", ColumnType.INT64: "<i8", ColumnType.FLOAT64: "<f8"}
_TRUTH = {"true": True, "false": False}


def is_number(field: Field) -> bool:
    return field.type in _NUMBERS


def to_frame(table: Table) -> pd.DataFrame:
    """Numeric columns as int64 or, with nulls, float64; all others as objects: text, and NaN for null."""
    return pd.DataFrame({column.field.name: to_series(column) for column in table.columns})


def to_series(column: Column) -> "pd.Series[Any]":
    """The column as `to_frame` has it."""
    if not is_number(column.field):
        write = _WRITE.get(column.field.type, str)
        texts = [np.nan if value is None else write(value) for value in column.to_values()]
        return pd.Series(texts, dtype=object)
    array = np.frombuffer(column.data, dtype=_DTYPE[column.field.type])
    if column.validity is not None:
        array = array.astype("float64")
        array[np.frombuffer(column.validity, dtype="u1") == 0] = np.nan
    return pd.Series(array.astype("float64" if array.dtype.kind == "f" else "int64"))


def to_table(frame: pd.DataFrame, schema: Schema) -> Table:
    """The schema's columns of the frame, typed again.

    A column of whole numbers that has got fractions, as grids of values do, goes as float64: so would a caller's.
    """
    return Table.of((_column(field, frame[field.name]) for field in schema.fields), len(frame))


def _column(field: Field, series: "pd.Series[Any]") -> Column:
    if not is_number(field):
        read = _READ.get(field.type, str)
        return Column.from_values(field, [None if _is_null(value) else read(value) for value in series.tolist()])
    array = series.to_numpy()
    if array.dtype.kind == "i" and field.type is not ColumnType.FLOAT64:
        return Column(field, np.ascontiguousarray(array, dtype=_DTYPE[field.type]).data.cast("B"))
    numbers = array.astype("float64")
    present = ~np.isnan(numbers)
    whole = field.type is not ColumnType.FLOAT64 and bool((numbers[present] % 1 == 0).all())
    kind = field.type if whole else ColumnType.FLOAT64
    filled = np.where(present, numbers, 0).astype(_DTYPE[kind])
    validity = None if present.all() else present.astype("u1").tobytes()
    return Column(Field(field.name, kind), filled.tobytes(), None, validity)


def _is_null(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


_WRITE: dict[ColumnType, Callable[[Any], str]] = {
    ColumnType.BOOL: lambda value: "true" if value else "false",
    ColumnType.DATE: date.isoformat,
    ColumnType.TIMESTAMP: datetime.isoformat,
}
_READ: dict[ColumnType, Callable[[str], Any]] = {
    ColumnType.BOOL: _TRUTH.__getitem__,
    ColumnType.DATE: date.fromisoformat,
    ColumnType.TIMESTAMP: datetime.fromisoformat,
}
