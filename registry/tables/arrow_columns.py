"""One typed column ↔ one Arrow array, through their buffers and not through Python objects."""

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.schema import ColumnType, Field
from registry.tables import packing
from registry.tables.table import Column

_PLAIN = {
    ColumnType.BOOL: pa.bool_(),
    ColumnType.INT32: pa.int32(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.STRING: pa.string(),
    ColumnType.DATE: pa.date32(),
}
_STORED = {ColumnType.CATEGORICAL: pa.int32(), ColumnType.DATE: pa.int32(), ColumnType.TIMESTAMP: pa.int64()}

TIME_LIMITS = {
    ColumnType.DATE: (packing.FIRST_DAY, packing.LAST_DAY, pa.int32()),
    ColumnType.TIMESTAMP: (packing.FIRST_MICROSECOND, packing.LAST_MICROSECOND, pa.int64()),
}
"""First and last that Python's dates can hold, and Arrow's type of the number that is kept."""


def arrow_type(field: Field) -> pa.DataType:
    """The Arrow type of a column: dictionary<int32, string> for categoricals, microseconds for timestamps."""
    if field.type is ColumnType.CATEGORICAL:
        return pa.dictionary(pa.int32(), pa.string(), ordered=field.ordered)
    if field.type is ColumnType.TIMESTAMP:
        return pa.timestamp("us", tz=field.zone)
    return _PLAIN[field.type]


def to_array(column: Column) -> pa.Array:
    """The column as an Arrow array of `arrow_type`; numbers and text are shared, not copied."""
    field, rows = column.field, len(column)
    valid = None if column.validity is None else _bits(column.validity, rows)
    data = pa.py_buffer(column.data)
    if field.type is ColumnType.BOOL:
        return pa.Array.from_buffers(pa.bool_(), rows, [valid, _bits(column.data, rows)])
    if field.type is ColumnType.STRING:
        return pa.Array.from_buffers(pa.string(), rows, [valid, pa.py_buffer(column.offsets), data])
    if field.type is ColumnType.CATEGORICAL:
        codes = pa.Array.from_buffers(pa.int32(), rows, [valid, data])
        levels = pa.array(field.levels, pa.string())
        return pa.DictionaryArray.from_arrays(codes, levels, ordered=field.ordered)
    return pa.Array.from_buffers(arrow_type(field), rows, [valid, data])


def to_column(field: Field, array: pa.Array) -> Column:
    """The column of an Arrow array of `arrow_type(field)`, whose dictionary, if any, is the field's levels."""
    rows = len(array)
    validity = None if array.null_count == 0 else _data(pc.is_valid(array).cast(pa.uint8()), 1)
    if field.type is ColumnType.STRING:
        data, offsets = _text(array if validity is None else array.fill_null(""))
        return Column(field, data, offsets, validity)
    if field.type is ColumnType.BOOL:
        plain, fill = array.cast(pa.uint8()), 0
    elif field.type is ColumnType.CATEGORICAL:
        plain, fill = array.indices, -1
    else:
        stored = _STORED.get(field.type)
        plain, fill = (array if stored is None else array.view(stored)), 0
    filled = plain if validity is None else plain.fill_null(fill)
    return Column(field, _data(filled, packing.WIDTH[field.type])[: rows * packing.WIDTH[field.type]], None, validity)


def in_years(field: Field, array: pa.Array) -> bool:
    """Whether all dates or timestamps are of the years 1 to 9999."""
    first, last, stored = TIME_LIMITS[field.type]
    found = pc.min_max(array.view(stored))
    return found["min"].as_py() is None or (found["min"].as_py() >= first and found["max"].as_py() <= last)


def _bits(flags: object, rows: int) -> pa.Buffer:
    """One bit per u8 flag."""
    return pa.Array.from_buffers(pa.uint8(), rows, [None, pa.py_buffer(flags)]).cast(pa.bool_()).buffers()[1]


def _data(array: pa.Array, width: int) -> memoryview:
    """The values' own bytes of an array of a fixed width, where a slice's begin."""
    buffer = array.buffers()[1]
    if buffer is None:
        return memoryview(b"")
    return memoryview(buffer).cast("B")[array.offset * width : (array.offset + len(array)) * width]


def _text(array: pa.Array) -> tuple[memoryview, memoryview]:
    """(UTF-8 bytes, offsets from 0) of a string array, which may be a slice."""
    if not len(array):
        return memoryview(b""), memoryview(bytes(4))
    _, positions, text = array.buffers()
    offsets = pa.Array.from_buffers(pa.int32(), len(array) + 1, [None, positions], offset=array.offset)
    first, last = offsets[0].as_py(), offsets[-1].as_py()
    data = memoryview(b"") if text is None else memoryview(text).cast("B")[first:last]
    return data, _data(offsets if first == 0 else pc.subtract(offsets, pa.scalar(first, pa.int32())), 4)
