"""Hypothesis strategies for fields, values and tables of every type."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from registry.domain.schema import ColumnType, Field, Schema
from registry.tables.table import Column, Table

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
awkward = st.sampled_from(
    ["", "001", "NA", "null", '"', ",", "a\nb", "a\r\nb", " x ", "é", "𝔘", "NaN", "1e5", "true", "\0"]
)

_VALUES = {
    ColumnType.BOOL: st.booleans(),
    ColumnType.INT32: st.integers(-(2**31), 2**31 - 1),
    ColumnType.INT64: st.integers(-(2**63), 2**63 - 1),
    ColumnType.FLOAT64: st.floats(allow_nan=True, allow_infinity=True),
    ColumnType.STRING: text | awkward,
    ColumnType.DATE: st.dates(date.min, date.max),
}


@st.composite
def fields(draw, types=tuple(ColumnType)):
    kind = draw(st.sampled_from(types))
    name = draw(names)
    nullable = draw(st.booleans())
    if kind is ColumnType.CATEGORICAL:
        levels = tuple(draw(st.lists(text | awkward, min_size=1, max_size=5, unique=True)))
        return Field(name, kind, levels, draw(st.booleans()), nullable=nullable)
    if kind is ColumnType.TIMESTAMP:
        zone = draw(st.sampled_from([None, "UTC", "Europe/Warsaw", "+02:00"]))
        return Field(name, kind, zone=zone, nullable=nullable)
    return Field(name, kind, nullable=nullable)


def values(field):
    if field.type is ColumnType.CATEGORICAL:
        each = st.sampled_from(field.levels)
    elif field.type is ColumnType.TIMESTAMP:
        each = st.datetimes(
            datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC) if field.zone else st.none()
        )
    else:
        each = _VALUES[field.type]
    return st.none() | each if field.nullable else each


@st.composite
def columns(draw, rows, types=tuple(ColumnType)):
    field = draw(fields(types))
    return Column.from_values(field, draw(st.lists(values(field), min_size=rows, max_size=rows)))


@st.composite
def tables(draw, types=tuple(ColumnType), min_rows=0, max_columns=4):
    rows = draw(st.integers(min_rows, 6))
    drawn = draw(
        st.lists(columns(rows, types), min_size=1, max_size=max_columns, unique_by=lambda column: column.field.name)
    )
    return Table(Schema(tuple(column.field for column in drawn)), rows, tuple(drawn))
