"""pandas ↔ typed tables. pandas is never imported for its own sake: only when the caller has it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Callable

from weles.columns import Field, JSONValue, decode, float_to_json, infer, misfit, zone_info, zone_name
from weles.errors import InvalidInput
from weles.tables import Table

__all__ = ["FrameTable", "available", "is_frame", "to_frame"]

_Reader = Callable[[int, int], "list[JSONValue]"]


def is_frame(value: object) -> bool:
    """Is it a pandas DataFrame?"""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def available() -> bool:
    """Can pandas be imported here?"""
    try:
        import pandas  # noqa: F401
    except ImportError:
        return False
    return True


class FrameTable(Table):
    """A DataFrame as a typed table, converted when it is written. Its index is not sent.

    Columns keep their types: unsigned and small integers become the next larger of int32 and int64, float32 float64,
    a category of other than text the type of its values. Missing values, NaN too, are NA.
    `frame` is the DataFrame itself.
    Raises InvalidInput, naming column and row, for what no type can hold: nanoseconds, lists, mixed kinds …
    """

    def __init__(self, frame: Any) -> None:
        if frame.columns.nlevels > 1:
            raise InvalidInput("The columns have several levels.", next="Flatten the column names.")
        read = [_column(str(name), frame.iloc[:, index]) for index, name in enumerate(frame.columns)]
        super().__init__([field for field, _ in read], len(frame))
        self.frame = frame
        self._readers = [reader for _, reader in read]

    def columns(self, start: int, stop: int) -> list[list[JSONValue]]:
        return [reader(start, stop) for reader in self._readers]


def _column(name: str, series: Any) -> tuple[Field, _Reader]:
    import pandas

    if isinstance(series.dtype, pandas.SparseDtype):
        series = series.sparse.to_dense()
    elif series.dtype.kind == "M" and hasattr(series.dtype, "pyarrow_dtype"):
        series = _moments_of_arrow(series)
    if isinstance(series.dtype, pandas.CategoricalDtype):
        levels = list(series.cat.categories)
        if all(isinstance(level, str) for level in levels):
            field = Field(name, "categorical", levels=tuple(levels), ordered=bool(series.cat.ordered))
            codes = series.cat.codes.to_numpy()
            texts: list[JSONValue] = [*levels, None]  # code -1 is NA
            return field, lambda start, stop: [texts[code] for code in codes[start:stop].tolist()]
        series = series.astype(object)
    if isinstance(series.dtype, pandas.DatetimeTZDtype):
        zone = zone_name(series.dt.tz)
        moments = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return Field(name, "timestamp", zone=zone), _moments(name, moments, "Z")
    storage = getattr(series.dtype, "numpy_dtype", series.dtype)  # Int64, Float64, boolean keep one inside
    kind = getattr(storage, "kind", "O")
    if kind == "b":
        return Field(name, "bool"), _numbers(series, bool)
    if kind in "iu":
        small = storage.itemsize < 4 or str(storage) == "int32"
        if kind == "u" and storage.itemsize == 8:
            _check_unsigned(name, series)
        return Field(name, "int32" if small else "int64"), _numbers(series, int)
    if kind == "f":
        return Field(name, "float64"), _numbers(series, lambda value: float_to_json(float(value)))
    if kind == "M":
        return Field(name, "timestamp"), _moments(name, series.to_numpy(), "")
    field, values = infer(name, series.astype(object).tolist(), nan_is_na=True)
    return field, lambda start, stop: values[start:stop]


def _moments_of_arrow(series: Any) -> Any:
    """Timestamps or dates that pyarrow keeps, as pandas would: numpy knows neither zones nor days without a time."""
    arrow = series.dtype.pyarrow_dtype
    if str(arrow).startswith("date"):
        return series.astype(object)
    return series.astype(f"datetime64[{arrow.unit}]" if arrow.tz is None else f"datetime64[{arrow.unit}, {arrow.tz}]")


def _numbers(series: Any, write: Callable[[Any], JSONValue]) -> _Reader:
    missing = series.isna().to_numpy(dtype=bool)
    if not missing.any() and write in (bool, int):
        # By name: on Windows numpy before 2 takes `int` for 32 bits.
        wide = "bool" if write is bool else "int64"
        array = series.to_numpy(dtype=None if series.dtype.kind == "u" else wide)
        return lambda start, stop: list(array[start:stop].tolist())

    def read(start: int, stop: int) -> list[JSONValue]:
        values = series.iloc[start:stop].tolist()
        return [None if gone else write(value) for value, gone in zip(values, missing[start:stop].tolist())]

    return read


def _check_unsigned(name: str, series: Any) -> None:
    for row, value in enumerate(series.tolist()):
        if isinstance(value, int) and value >= 2**63:
            raise misfit(name, row, "an integer of 64 bits", value)


def _moments(name: str, array: Any, suffix: str) -> _Reader:
    import numpy

    exact = array.astype("datetime64[us]")
    wrong = ~numpy.isnat(array) & (exact != array)
    if wrong.any():
        row = int(wrong.argmax())
        raise misfit(name, row, "a timestamp of whole microseconds", str(array[row]))

    def read(start: int, stop: int) -> list[JSONValue]:
        texts = numpy.datetime_as_string(exact[start:stop], unit="us").tolist()
        return [None if text == "NaT" else text + suffix for text in texts]

    return read


def to_frame(fields: Sequence[Field], columns: Iterable[Sequence[JSONValue]], index: Any = None) -> Any:
    """A DataFrame with these columns' types; NA makes integers and booleans pandas' nullable types.

    A date column holds datetime.date objects; NA in a float64 column is NaN.
    """
    import pandas

    made = {field.name: _series(field, list(values), index) for field, values in zip(fields, columns)}
    return pandas.DataFrame(made, index=index)


def _series(field: Field, values: list[JSONValue], index: Any) -> Any:
    import numpy
    import pandas

    data: Any = decode(field, values)
    nullable = any(value is None for value in values)
    if field.type == "bool":
        dtype: Any = "boolean" if nullable else "bool"
    elif field.type in ("int32", "int64"):
        dtype = field.type.capitalize() if nullable else field.type
    elif field.type == "float64":
        dtype = "float64"
    elif field.type == "categorical":
        dtype = pandas.CategoricalDtype(list(field.levels or ()), ordered=field.ordered)
    elif field.type == "timestamp":
        return _timestamps(field, data, index)
    elif field.type == "string":
        # What pandas makes of text by itself: `str` from version 3 on, before that `object`.
        dtype = pandas.Series(["text"]).dtype
    else:
        dtype = object
    if field.type == "float64":
        data = numpy.array([numpy.nan if value is None else value for value in data], dtype="float64")
    return pandas.Series(data, index=index, name=field.name, dtype=dtype)


def _timestamps(field: Field, moments: list[Any], index: Any) -> Any:
    import datetime

    import numpy
    import pandas

    utc = [
        None if each is None else each.astimezone(datetime.timezone.utc).replace(tzinfo=None) if each.tzinfo else each
        for each in moments
    ]
    series = pandas.Series(numpy.array(utc, dtype="datetime64[us]"), index=index, name=field.name)
    if field.zone is None:
        return series
    zone = zone_info(field.zone)
    # By its name where it has one: pandas before 3 makes another object of it, and another dtype.
    return series.dt.tz_localize("UTC").dt.tz_convert(getattr(zone, "key", zone))
