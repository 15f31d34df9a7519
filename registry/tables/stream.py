"""A table whose rows come in parts, so that no more of it is in memory than one part."""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.domain.schema import Schema
from registry.tables.table import Table


@dataclass(frozen=True, slots=True)
class TableStream:
    """`parts` are tables of `schema`, to be gone through once; what is wrong with the rows is raised on the way."""

    schema: Schema
    parts: Iterator[Table]

    @classmethod
    def of(cls, table: Table, rows_at_once: int = 65_536) -> "TableStream":
        """The parts of a table that is in memory."""
        starts = range(0, table.rows, rows_at_once)
        return cls(table.schema, (table.slice(start, start + rows_at_once) for start in starts))
