"""The typed table → CSV text (RFC 4180), through Arrow's buffers: no Python object per cell."""

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.schema import ColumnType, Schema
from registry.tables import arrow_columns
from registry.tables.table import Column, Table

_ROWS_AT_ONCE = 65_536
_QUOTED = r'[",\r\n]|^[\s\x{FEFF}]|\s$'
_TEXT = pa.large_string()


def header(schema: Schema) -> bytes:
    """The line with the columns' names."""
    names: list[str] = _quoted(pa.array(schema.names, _TEXT)).to_pylist()
    return (",".join(names) + "\n").encode()


def lines(table: Table) -> bytes:
    """One line per row; timestamps with a zone are in UTC."""
    return b"".join(_lines(table.slice(start, start + _ROWS_AT_ONCE)) for start in range(0, table.rows, _ROWS_AT_ONCE))


def _lines(table: Table) -> bytes:
    cells = [_cells(column).fill_null("") for column in table.columns]
    if not cells:
        return b"\n" * table.rows
    ended = _followed_by(_joined(*cells, separator=","), "\n")
    return bytes(ended.buffers()[2] or b"")[: pc.sum(pc.binary_length(ended)).as_py()]


def _cells(column: Column) -> pa.Array:
    kind = column.field.type
    array = arrow_columns.to_array(column)
    if kind in (ColumnType.STRING, ColumnType.CATEGORICAL):
        return _quoted(array.cast(pa.string()).cast(_TEXT))
    if kind is ColumnType.FLOAT64:
        return _floats(array)
    if kind is ColumnType.TIMESTAMP:
        text = array.view(pa.int64()).cast(pa.timestamp("us")).cast(_TEXT)
        text = pc.replace_substring(pc.replace_substring(text, " ", "T"), ".000000", "")
        return text if column.field.zone is None else _followed_by(text, "Z")
    return array.cast(_TEXT)


def _floats(array: pa.Array) -> pa.Array:
    """What is read as the same number, and never as a whole number's text: 1.0 is not 1."""
    text = array.cast(_TEXT)
    whole = pc.match_substring_regex(text, "^-?[0-9]+$")
    text = pc.if_else(whole, _followed_by(text, ".0"), text)
    named = pc.replace_substring(pc.replace_substring(text, "inf", "Infinity"), "nan", "NaN")
    return pc.replace_substring(named, "-NaN", "NaN")


def _quoted(text: pa.Array) -> pa.Array:
    needed = pc.or_(pc.match_substring_regex(text, _QUOTED), pc.equal(pc.binary_length(text), 0))
    doubled = pc.replace_substring(text, '"', '""')
    return pc.if_else(needed, _followed_by(_followed_by(pa.scalar('"', _TEXT), doubled), '"'), text)


def _followed_by(text: object, end: object) -> pa.Array:
    """The two, one after another; null where one is."""
    return _joined(text, pa.scalar(end, _TEXT) if isinstance(end, str) else end, separator="")


def _joined(*cells: object, separator: str) -> pa.Array:
    return pc.binary_join_element_wise(*cells, pa.scalar(separator, _TEXT))
