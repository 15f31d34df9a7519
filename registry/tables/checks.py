"""Whether buffers that came from elsewhere are a table at all: lengths, offsets, codes, text, ranges."""

from itertools import islice
from operator import le

from registry.domain.schema import ColumnType
from registry.tables import packing
from registry.tables.table import Column


class BadTable(ValueError):
    """Buffers that break the layout of `registry.tables.table`; the message says which column and how."""


def check_column(column: Column, rows: int) -> None:
    """Raises BadTable unless every buffer has the layout of `rows` rows of the column's field."""
    name, kind = column.field.name, column.field.type
    data = memoryview(column.data).cast("B")
    if column.validity is not None:
        _check_flags(column.validity, rows, f"validity of {name!r}")
    if kind is ColumnType.STRING:
        return _check_strings(column, data, rows)
    if data.nbytes != rows * packing.WIDTH[kind]:
        raise BadTable(f"column {name!r} has {data.nbytes} bytes for {rows} rows of {kind}")
    if kind is ColumnType.BOOL:
        _check_flags(data, rows, f"column {name!r}")
    elif kind is ColumnType.CATEGORICAL:
        _check_codes(column, data)
    elif kind is ColumnType.DATE:
        _check_range(data, "i", packing.FIRST_DAY, packing.LAST_DAY, name)
    elif kind is ColumnType.TIMESTAMP:
        _check_range(data, "q", packing.FIRST_MICROSECOND, packing.LAST_MICROSECOND, name)
    return None


def _check_flags(flags: object, rows: int, what: str) -> None:
    found = bytes(memoryview(flags).cast("B"))  # type: ignore[arg-type]
    if len(found) != rows:
        raise BadTable(f"{what}: {len(found)} flags for {rows} rows")
    if found.count(0) + found.count(1) != rows:
        raise BadTable(f"{what}: a flag that is neither 0 nor 1")


def _check_range(data: memoryview, code: str, first: int, last: int, name: str) -> None:
    numbers = data.cast(code)  # type: ignore[call-overload]
    if len(numbers) and (min(numbers) < first or max(numbers) > last):
        raise BadTable(f"column {name!r} has a time outside the years 1 to 9999")


def _check_codes(column: Column, data: memoryview) -> None:
    codes, levels = data.cast("i"), column.field.levels or ()
    if len(codes) and (min(codes) < -1 or max(codes) >= len(levels)):
        raise BadTable(f"column {column.field.name!r} has a code outside its {len(levels)} levels")
    present = bytes(code >= 0 for code in codes)
    if present != (b"\1" * len(codes) if column.validity is None else bytes(column.validity)):
        raise BadTable(f"column {column.field.name!r}: codes and validity disagree about what is null")


def _check_strings(column: Column, data: memoryview, rows: int) -> None:
    name = column.field.name
    if column.offsets is None or memoryview(column.offsets).nbytes != (rows + 1) * 4:
        raise BadTable(f"column {name!r} needs {rows + 1} offsets of 4 bytes")
    offsets = packing.typed(column.offsets, "i")
    if offsets[0] != 0 or offsets[rows] != data.nbytes or not all(map(le, offsets, islice(offsets, 1, None))):
        raise BadTable(f"the offsets of column {name!r} do not rise from 0 to its {data.nbytes} bytes")
    text = bytes(data)
    if text.isascii():
        return
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise BadTable(f"column {name!r} is not UTF-8: {error.reason} at byte {error.start}") from None
    if any(text[offset] & 0xC0 == 0x80 for offset in offsets if offset < len(text)):
        raise BadTable(f"an offset of column {name!r} is inside a character")
