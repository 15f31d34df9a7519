"""Several wire tables of the same columns ↔ one, and one table ↔ parts of so many rows. Standard library only."""

from array import array

from weles_runtime.frames import WIDTHS, Column, Table


def alike(one, other):
    """Whether the tables have the same columns, in the same order: then they can be stacked."""
    return [column.field for column in one.columns] == [column.field for column in other.columns]


def stack(tables):
    """One table of the rows of all, in their order; all are alike."""
    columns = []
    for parts in zip(*(table.columns for table in tables)):
        data = b"".join(part.data for part in parts)
        validity = None
        if any(part.validity is not None for part in parts):
            validity = b"".join(
                bytes([1]) * table.rows if part.validity is None else bytes(part.validity)
                for part, table in zip(parts, tables)
            )
        columns.append(Column(parts[0].field, data, _joined_offsets(parts), validity))
    return Table(sum(table.rows for table in tables), columns)


def split(table, rows):
    """Tables of so many rows each, which together are the table."""
    parts, start = [], 0
    for count in rows:
        parts.append(Table(count, [_rows(column, start, start + count) for column in table.columns]))
        start += count
    return parts


def _joined_offsets(parts):
    if parts[0].offsets is None:
        return None
    joined, end = array("i", [0]), 0
    for part in parts:
        offsets = memoryview(part.offsets).cast("B").cast("i").tolist()
        joined.extend(end + each for each in offsets[1:])
        end += offsets[-1]
    return joined


def _rows(column, start, stop):
    data = memoryview(column.data).cast("B")
    validity = None if column.validity is None else memoryview(column.validity).cast("B")[start:stop]
    if column.offsets is None:
        width = WIDTHS[column.field["type"]]
        return Column(column.field, data[start * width : stop * width], None, validity)
    offsets = memoryview(column.offsets).cast("B").cast("i").tolist()[start : stop + 1]
    first, last = offsets[0], offsets[-1]
    return Column(column.field, data[first:last], array("i", [each - first for each in offsets]), validity)
