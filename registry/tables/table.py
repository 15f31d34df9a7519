"""The typed table: columns of buffers that are laid out as they travel to a runtime (runtime-images/CONTRACT.md).

| type | data (little-endian) | null slot |
|---|---|---|
| bool | u8, 0 or 1 | 0 |
| int32, date (days since 1970-01-01) | i32 | 0 |
| categorical (0-based codes; levels in the field) | i32 | -1 |
| int64, timestamp (microseconds since 1970-01-01T00:00Z, or on the clock when there is no zone) | i64 | 0 |
| float64 | f64; NaN is a value | 0 |
| string | UTF-8 bytes, and i32 offsets, one more than there are rows: at most 2 GiB a column | empty |

`validity` is one u8 per row, 0 for null and 1 for a value; None when no value is null.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import packing

Buffer: TypeAlias = "bytes | bytearray | memoryview | array[Any]"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column's buffers. They are not checked here: `registry.tables.checks` does that for foreign ones."""

    field: Field
    data: "Buffer"
    offsets: "Buffer | None" = None
    validity: "Buffer | None" = None

    @classmethod
    def from_values(cls, field: Field, values: Sequence[Any]) -> Self:
        """A column of Python values: bool, int, float, str (also for levels), date, datetime; None is null.

        Datetimes carry a zone exactly when the field does. Raises InvalidInput with the first row that does not fit.
        """
        return cls(field, *packing.pack_or_explain(field, values))

    def to_values(self) -> list[Any]:
        """Python values as `from_values` takes them; timestamps with a zone come in UTC."""
        return packing.unpack(self.field, self.data, self.offsets, self.validity)

    def __len__(self) -> int:
        if self.offsets is not None:
            return memoryview(self.offsets).nbytes // 4 - 1
        return memoryview(self.data).nbytes // packing.WIDTH[self.field.type]

    @property
    def buffers(self) -> tuple[memoryview, ...]:
        """The column's parts as bytes, in the order of the wire: offsets (strings only), data, validity (if any)."""
        parts = (self.offsets, self.data, self.validity)
        return tuple(memoryview(part).cast("B") for part in parts if part is not None)

    def slice(self, start: int, stop: int) -> "Column":
        """Rows `start` up to `stop`, sharing memory where that is possible; both within the column."""
        validity = None if self.validity is None else memoryview(self.validity).cast("B")[start:stop]
        data = memoryview(self.data).cast("B")
        if self.field.type is ColumnType.STRING:
            offsets = packing.typed(self.offsets or b"", "i")[start : stop + 1]
            first, last = offsets[0], offsets[-1]
            rebased = array("i", [offset - first for offset in offsets])
            return Column(self.field, data[first:last], rebased, validity)
        width = packing.WIDTH[self.field.type]
        return Column(self.field, data[start * width : stop * width], None, validity)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of the same length, in the schema's order. Two tables are equal when schema and values are."""

    schema: Schema
    rows: int
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, columns: Iterable[Column], rows: int | None = None) -> Self:
        """A table of these columns; `rows` is needed only when there are none. Raises ValueError: unequal lengths."""
        columns = tuple(columns)
        if rows is None:
            rows = len(columns[0]) if columns else 0
        if any(len(column) != rows for column in columns):
            raise ValueError(f"columns of unequal lengths: {sorted({len(column) for column in columns})}")
        return cls(Schema(tuple(column.field for column in columns)), rows, columns)

    @classmethod
    def from_values(cls, schema: Schema, values: Mapping[str, Sequence[Any]]) -> Self:
        """A table of Python values by column name. Raises InvalidInput, KeyError, ValueError."""
        return cls.of(Column.from_values(field, values[field.name]) for field in schema.fields)

    def to_values(self) -> dict[str, list[Any]]:
        """Python values by column name."""
        return {column.field.name: column.to_values() for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name. Raises InvalidInput when there is none."""
        return self.columns[self.schema.fields.index(self.schema.field(name))]

    def select(self, names: Iterable[str]) -> "Table":
        """The columns of these names, in this order. Raises InvalidInput when one is not there."""
        columns = tuple(map(self.column, names))
        return Table(Schema(tuple(column.field for column in columns)), self.rows, columns)

    def slice(self, start: int, stop: int) -> "Table":
        """Rows `start` up to `stop`, both cut to the table as Python's slices are."""
        start, stop, _ = slice(start, stop).indices(self.rows)
        stop = max(start, stop)
        return Table(self.schema, stop - start, tuple(column.slice(start, stop) for column in self.columns))

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for column in self.columns for part in column.buffers)

    def __eq__(self, other: object) -> bool:
        """NaN equals NaN, and 0.0 does not equal -0.0: values are compared by their bits, null slots not at all."""
        if not isinstance(other, Table):
            return NotImplemented
        if self.schema != other.schema or self.rows != other.rows:
            return False
        return all(_same(mine, yours) for mine, yours in zip(self.columns, other.columns, strict=True))

    __hash__ = None  # type: ignore[assignment]


def _same(one: Column, other: Column) -> bool:
    return packing.bits(one.field, one.to_values()) == packing.bits(other.field, other.to_values())
