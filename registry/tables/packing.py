"""Python values ↔ the buffers of one column, for each type."""

import struct
import sys
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field

if sys.byteorder != "little":
    raise ImportError("the typed table is little-endian, and so must be the machine")

Parts = tuple[Any, Any, bytes | None]

TYPECODE = {
    ColumnType.BOOL: "B",
    ColumnType.INT32: "i",
    ColumnType.INT64: "q",
    ColumnType.FLOAT64: "d",
    ColumnType.STRING: "B",
    ColumnType.CATEGORICAL: "i",
    ColumnType.DATE: "i",
    ColumnType.TIMESTAMP: "q",
}
WIDTH = {kind: array(code).itemsize for kind, code in TYPECODE.items()}
"""Bytes of one row's data; for strings, of one unit of it."""

MAX_STRING_BYTES = 2**31 - 1
EPOCH_DAY = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = date.min.toordinal() - EPOCH_DAY, date.max.toordinal() - EPOCH_DAY
_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
FIRST_MICROSECOND, LAST_MICROSECOND = (datetime.min - _EPOCH) // _MICROSECOND, (datetime.max - _EPOCH) // _MICROSECOND


class Misfit(ValueError):
    """A value does not fit its column; which one is found by whoever wants to say it."""


def pack(field: Field, values: Sequence[Any]) -> Parts:
    """(data, offsets, validity) of Python values. Raises Misfit when one of them does not fit."""
    validity = None
    if any(value is None for value in values):
        if not field.nullable:
            raise Misfit("null")
        validity = bytes([value is not None for value in values])
        zero = _ZERO[field.type]
        values = [zero if value is None else value for value in values]
    if field.type is ColumnType.STRING:
        data, offsets = _pack_strings(values)
        return data, offsets, validity
    if field.type is ColumnType.CATEGORICAL:
        return _pack_codes(field, values), None, validity
    return _PACK[field.type](field, values), None, validity


def pack_or_explain(field: Field, values: Sequence[Any]) -> Parts:
    """As `pack`. Raises InvalidInput that names the column and the first row that does not fit."""
    try:
        return pack(field, values)
    except Misfit:
        rows = misfits(lambda value: pack(field, [value]), values)
    row, value = next(iter(rows), (None, "more than 2 GiB of text"))
    raise InvalidInput(
        f"Column {field.name!r}, row {row}: expected {field.expectation}, got {show(value)}.",
        problems=[{"column": field.name, "row": row, "expected": field.expectation, "got": show(value)}],
    )


def misfits(convert: Callable[[Any], object], values: Sequence[Any], limit: int = 1) -> list[tuple[int, Any]]:
    """(row, value) of the first values that `convert` refuses with Misfit, at most `limit`."""
    found: list[tuple[int, Any]] = []
    for row, value in enumerate(values):
        try:
            convert(value)
        except Misfit:
            found.append((row, value))
            if len(found) == limit:
                break
    return found


def show(value: Any) -> str:
    """A value as an error message shows it: bounded, and null by its name."""
    return "null" if value is None else f"{value!r:.80}"


def unpack(field: Field, data: Any, offsets: Any, validity: Any) -> list[Any]:
    """Python values of a column's buffers."""
    values: list[Any]
    if field.type is ColumnType.STRING:
        text = bytes(data)
        values = [text[start:stop].decode() for start, stop in pairwise(typed(offsets, "i"))]
    else:
        values = typed(data, TYPECODE[field.type]).tolist()
        if field.type is ColumnType.CATEGORICAL:
            levels = field.levels or ()
            return [None if code < 0 else levels[code] for code in values]
    if validity is None:
        return _from_numbers(field, values)
    present = bytes(validity)
    converted = iter(_from_numbers(field, [value for value, valid in zip(values, present, strict=True) if valid]))
    return [next(converted) if valid else None for valid in present]


def typed(buffer: Any, code: str) -> memoryview:
    """The buffer seen as machine numbers of that type code."""
    return memoryview(buffer).cast("B").cast(code)  # type: ignore[call-overload,no-any-return]


def bits(field: Field, values: list[Any]) -> list[Any]:
    """Values that compare equal exactly when their bits do: NaN with NaN, 0.0 not with -0.0."""
    if field.type is not ColumnType.FLOAT64:
        return values
    return [None if value is None else "NaN" if value != value else struct.pack("<d", value) for value in values]


def _kinds(values: Sequence[Any], *allowed: type) -> None:
    if not set(map(type, values)) <= set(allowed):
        raise Misfit("type")


def _numbers(code: str, *allowed: type) -> Callable[[Field, Sequence[Any]], Any]:
    def packed(field: Field, values: Sequence[Any]) -> Any:
        _kinds(values, *allowed)
        try:
            return array(code, values)
        except OverflowError:
            raise Misfit("range") from None

    return packed


def _pack_strings(values: Sequence[Any]) -> tuple[bytes, Any]:
    _kinds(values, str)
    try:
        encoded = [value.encode() for value in values]
        return b"".join(encoded), array("i", accumulate(map(len, encoded), initial=0))
    except (UnicodeEncodeError, OverflowError):
        raise Misfit("text") from None


def _pack_codes(field: Field, values: Sequence[Any]) -> Any:
    """Codes of levels; null comes here as -1 already."""
    codes: dict[Any, int] = {level: code for code, level in enumerate(field.levels or ())}
    codes[_NO_LEVEL] = -1
    try:
        return array("i", [codes[value] for value in values])
    except (KeyError, TypeError):
        raise Misfit("level") from None


def _pack_dates(field: Field, values: Sequence[Any]) -> Any:
    _kinds(values, date)
    return array("i", [value.toordinal() - EPOCH_DAY for value in values])


def _pack_timestamps(field: Field, values: Sequence[Any]) -> Any:
    if not all(isinstance(value, datetime) for value in values):
        raise Misfit("type")
    zoned = field.zone is not None
    if any((value.utcoffset() is not None) is not zoned for value in values if value is not _EPOCH):
        raise Misfit("zone")
    epoch = _EPOCH_UTC if zoned else _EPOCH
    numbers = [0 if value is _EPOCH else (value - epoch) // _MICROSECOND for value in values]
    if any(not FIRST_MICROSECOND <= number <= LAST_MICROSECOND for number in numbers):
        raise Misfit("range")
    return array("q", numbers)


def _from_numbers(field: Field, values: list[Any]) -> list[Any]:
    if field.type is ColumnType.BOOL:
        return [value != 0 for value in values]
    if field.type is ColumnType.DATE:
        return [date.fromordinal(value + EPOCH_DAY) for value in values]
    if field.type is ColumnType.TIMESTAMP:
        epoch = _EPOCH if field.zone is None else _EPOCH_UTC
        return [epoch + timedelta(microseconds=value) for value in values]
    return values


_NO_LEVEL = object()
_ZERO: dict[ColumnType, Any] = {
    ColumnType.BOOL: False,
    ColumnType.INT32: 0,
    ColumnType.INT64: 0,
    ColumnType.FLOAT64: 0.0,
    ColumnType.STRING: "",
    ColumnType.CATEGORICAL: _NO_LEVEL,
    ColumnType.DATE: date(1970, 1, 1),
    ColumnType.TIMESTAMP: _EPOCH,
}
_PACK: dict[ColumnType, Callable[[Field, Sequence[Any]], Any]] = {
    ColumnType.BOOL: _numbers("B", bool),
    ColumnType.INT32: _numbers("i", int),
    ColumnType.INT64: _numbers("q", int),
    ColumnType.FLOAT64: _numbers("d", int, float),
    ColumnType.DATE: _pack_dates,
    ColumnType.TIMESTAMP: _pack_timestamps,
}
