"""Arrow's many types → ours: which field an array is, and whether an array fits a field."""

import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field
from registry.tables import arrow_columns
from registry.tables.problems import Problems
from registry.tables.table import Column

_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def is_pandas_index(name: str) -> bool:
    """pandas writes its row names as a column of such a name."""
    return _PANDAS_INDEX.fullmatch(name) is not None


def is_text_dictionary(kind: pa.DataType) -> bool:
    """Whether a column of this type is categorical, if its dictionary is one."""
    return bool(types.is_dictionary(kind) and _is_text(kind.value_type))


def whole(chunks: pa.ChunkedArray) -> pa.Array:
    """The chunks as one array. Raises pa.ArrowException when it cannot be one."""
    if types.is_dictionary(chunks.type):
        chunks = chunks.unify_dictionaries()
    return chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()


def infer(name: str, array: pa.Array) -> Field:
    """The field of an array. Raises InvalidInput for a type that has no place in a table."""
    kind = array.type
    if is_text_dictionary(kind):
        levels = array.dictionary.to_pylist()
        if None not in levels and len(set(levels)) == len(levels):
            return Field(name, ColumnType.CATEGORICAL, tuple(levels), kind.ordered)
    if types.is_dictionary(kind):
        return infer(name, pa.nulls(0, kind.value_type))
    if types.is_boolean(kind):
        return Field(name, ColumnType.BOOL)
    if types.is_integer(kind):
        return Field(name, ColumnType.INT32 if kind.bit_width < 32 or kind == pa.int32() else ColumnType.INT64)
    if types.is_floating(kind) or types.is_decimal(kind):
        return Field(name, ColumnType.FLOAT64)
    if _is_text(kind) or types.is_null(kind):
        return Field(name, ColumnType.STRING)
    if types.is_date(kind):
        return Field(name, ColumnType.DATE)
    if types.is_timestamp(kind):
        return Field(name, ColumnType.TIMESTAMP, zone=kind.tz)
    raise InvalidInput(
        f"Column {name!r:.80} has the Arrow type {kind!s:.100}, which has no place in a table.",
        problems=[{"column": name, "row": None, "expected": ", ".join(ColumnType), "got": f"{kind!s:.100}"}],
    )


def column(field: Field, array: pa.Array, problems: Problems) -> Column | None:
    """The typed column of an array, or None after adding what does not fit to `problems`."""
    if not field.nullable and array.null_count:
        problems.misfit(field, pc.index(pc.is_null(array), True).as_py(), None)
        return None
    converted = None
    if _may_become(field, array.type):
        try:
            converted = _levels(field, array) if field.type is ColumnType.CATEGORICAL else _cast(field, array)
        except pa.ArrowException:
            _first_misfit(field, array, problems)
            return None
    if converted is None:
        problems.add(field.name, None, field.expectation, f"{array.type!s:.100}")
        return None
    lost = pc.and_(pc.is_valid(array), pc.is_null(converted))
    if pc.any(lost).as_py():
        row = pc.index(lost, True).as_py()
        problems.misfit(field, row, array[row].as_py())
        return None
    if field.type in arrow_columns.TIME_LIMITS and not arrow_columns.in_years(field, converted):
        problems.add(field.name, None, f"{field.expectation}, years 1 to 9999", "a time outside of them")
        return None
    return arrow_columns.to_column(field, converted)


def _may_become(field: Field, kind: pa.DataType) -> bool:
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_null(kind):
        return True
    if field.type is ColumnType.BOOL:
        return bool(types.is_boolean(kind))
    if field.type in (ColumnType.INT32, ColumnType.INT64):
        return bool(types.is_integer(kind) or types.is_floating(kind))
    if field.type is ColumnType.FLOAT64:
        return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))
    if field.type is ColumnType.DATE:
        return bool(types.is_date(kind))
    if field.type is ColumnType.TIMESTAMP:
        return types.is_timestamp(kind) and (kind.tz is None) is (field.zone is None)
    return _is_text(kind)


def _cast(field: Field, array: pa.Array) -> pa.Array:
    """As the field's type; only digits of whole numbers that a double cannot hold are lost. Raises ArrowException."""
    if types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if types.is_floating(array.type) and array.type.bit_width < 32:
        array = array.cast(pa.float32())
    lossy = field.type is ColumnType.FLOAT64
    return array.cast(arrow_columns.arrow_type(field), safe=not lossy)


def _levels(field: Field, array: pa.Array) -> pa.Array:
    """A dictionary array with the field's levels; null where a value is none of them."""
    levels = pa.array(field.levels, pa.string())
    if types.is_dictionary(array.type):
        codes = pc.index_in(array.dictionary.cast(pa.string()), levels, skip_nulls=True).take(array.indices)
    else:
        codes = pc.index_in(array.cast(pa.string()), levels, skip_nulls=True)
    return pa.DictionaryArray.from_arrays(codes.cast(pa.int32()), levels, ordered=field.ordered)


def _first_misfit(field: Field, array: pa.Array, problems: Problems) -> None:
    for row in range(len(array)):
        try:
            _cast(field, array.slice(row, 1))
        except pa.ArrowException:
            problems.misfit(field, row, array[row].as_py())
            return
    problems.add(field.name, None, field.expectation, "more than 2 GiB in a column")


def _is_text(kind: pa.DataType) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
