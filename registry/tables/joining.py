"""Tables put together below one another, and rows taken out of one."""

from collections.abc import Sequence

import pyarrow as pa

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import arrow_format
from registry.tables.table import Column, Table

_WIDENING = (ColumnType.INT32, ColumnType.INT64, ColumnType.FLOAT64)


def concatenated(tables: Sequence[Table]) -> Table:
    """All rows, in their order. `tables` has at least one; raises InvalidInput when their columns do not fit."""
    if len(tables) == 1:
        return tables[0]
    schema = tables[0].schema
    for table in tables[1:]:
        schema = common(schema, table.schema)
    fitted = [arrow_format.to_arrow(conformed(table, schema)) for table in tables]
    return arrow_format.from_arrow(pa.concat_tables(fitted), schema)


def common(one: Schema, other: Schema) -> Schema:
    """The schema that rows of both fit in: wider numbers, the levels of both. Raises InvalidInput: there is none."""
    if one.names != other.names:
        raise InvalidInput(f"Parts of one table have the columns {one.names} and {other.names}."[:500])
    return Schema(tuple(_common(mine, theirs) for mine, theirs in zip(one.fields, other.fields, strict=True)))


def conformed(table: Table, schema: Schema) -> Table:
    """The table in a schema that `common` gave for its own."""
    if table.schema == schema:
        return table
    columns = []
    for column, field in zip(table.columns, schema.fields, strict=True):
        if column.field == field:
            columns.append(column)
            continue
        values = column.to_values()
        if field.type is ColumnType.FLOAT64:
            values = [None if value is None else float(value) for value in values]
        columns.append(Column.from_values(field, values))
    return Table.of(columns, table.rows)


def taken(table: Table, rows: Sequence[int]) -> Table:
    """The rows of these numbers, in this order."""
    arrow = arrow_format.to_arrow(table).take(pa.array(rows, pa.int64()))
    return arrow_format.from_arrow(arrow, table.schema)


def _common(one: Field, other: Field) -> Field:
    if one == other:
        return one
    nullable = one.nullable or other.nullable
    if one.type in _WIDENING and other.type in _WIDENING:
        return Field(one.name, max(one.type, other.type, key=_WIDENING.index), nullable=nullable)
    if one.type is other.type is ColumnType.CATEGORICAL:
        levels = tuple(dict.fromkeys((*(one.levels or ()), *(other.levels or ()))))
        ordered = one.ordered and other.ordered and one.levels == other.levels
        return Field(one.name, one.type, levels, ordered, nullable=nullable)
    if one.type is other.type and one.zone == other.zone:
        return Field(one.name, one.type, zone=one.zone, nullable=nullable)
    raise InvalidInput(f"Parts of one table have {one.type} and {other.type} in column {one.name!r:.80}.")
