"""Typed tables and the lake's split JSON, {"columns": [field …], "data": [row …]}, written some rows at a time."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from weles.columns import Field, JSONValue, decode, infer, misfit, plain_values
from weles.errors import InvalidInput, UnexpectedAnswer

__all__ = ["ListTable", "Table", "from_document", "from_records", "from_rows", "from_values", "to_records"]

_CHUNK_ROWS = 10_000


class Table(ABC):
    """Named, typed columns of one length. Raises InvalidInput for no columns or for a name that comes twice."""

    def __init__(self, fields: Sequence[Field], rows: int) -> None:
        if not fields:
            raise InvalidInput("The table has no columns.", next="Send at least one column.")
        name, times = Counter(field.name for field in fields).most_common(1)[0]
        if times > 1:
            raise InvalidInput(f"The column {name!r} is there {times} times.", next="Rename all but one.")
        self.fields = tuple(fields)
        self.rows = rows

    @abstractmethod
    def columns(self, start: int, stop: int) -> list[list[JSONValue]]:
        """The JSON values of rows `start` to before `stop`, one list for each column."""

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [field.name for field in self.fields]

    def take(self, rows: Sequence[int]) -> ListTable:
        """A new table of these rows, with this table's types."""
        each = [self.columns(row, row + 1) for row in rows]
        return ListTable(self.fields, [[one[i][0] for one in each] for i in range(len(self.fields))])

    def without(self, name: str) -> ListTable:
        """A new table that lacks the column `name`."""
        columns = self.columns(0, self.rows)
        kept = [index for index, field in enumerate(self.fields) if field.name != name]
        return ListTable([self.fields[index] for index in kept], [columns[index] for index in kept])

    def document(self) -> dict[str, Any]:
        """The typed split form as data."""
        rows = zip(*self.columns(0, self.rows))
        return {"columns": [field.to_json() for field in self.fields], "data": [list(row) for row in rows]}

    def write_json(self, file: BinaryIO, *, typed: bool = True) -> None:
        """Write the split form as JSON; `typed=False` gives names for fields.

        Raises InvalidInput for text that is not valid Unicode.
        """
        heads: list[Any] = [field.to_json() for field in self.fields] if typed else self.names
        file.write(b'{"columns":' + _encoded(heads) + b',"data":[')
        for start in range(0, self.rows, _CHUNK_ROWS):
            rows = [*zip(*self.columns(start, min(start + _CHUNK_ROWS, self.rows)))]
            file.write((b"," if start else b"") + _encoded(rows)[1:-1])
        file.write(b"]}")


class ListTable(Table):
    """A table in memory; `values` are JSON values, one list for each field."""

    def __init__(self, fields: Sequence[Field], values: Sequence[list[JSONValue]]) -> None:
        super().__init__(fields, len(values[0]) if values else 0)
        self._values = values

    def columns(self, start: int, stop: int) -> list[list[JSONValue]]:
        return [values[start:stop] for values in self._values]


def from_values(columns: Mapping[Any, Iterable[Any]]) -> ListTable:
    """A table of Python values by column name; types are read off the values.

    Raises InvalidInput, naming column and row, for columns of unlike length or a column of mixed kinds.
    """
    read = []
    for name, values in columns.items():
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            raise InvalidInput(
                f"The column {str(name)!r} is not a list of values.",
                next='For one row, write {"column": [value]} or [{"column": value}].',
            )
        read.append(infer(str(name), plain_values(values)))
    lengths = {field.name: len(values) for field, values in read}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(f"The columns have unlike lengths: {lengths}.", next="Give each column one value per row.")
    return ListTable([field for field, _ in read], [values for _, values in read])


def from_records(records: Sequence[Any]) -> ListTable:
    """A table of dicts, one for each row. Raises InvalidInput when there is none, or one lacks or adds a column."""
    if not records:
        raise InvalidInput("There are no rows.", next="Send at least one row.")
    for row, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InvalidInput(f"Row {row} is not a dict.", next="Give every row as {column: value}.")
        for name in (*records[0], *record):
            if name not in record:
                raise misfit(str(name), row, "a value, as in row 0", None)
            if name not in records[0]:
                raise misfit(str(name), row, "no such column, as in row 0", record[name])
    return from_values({name: [record[name] for record in records] for name in records[0]})


def from_rows(rows: Iterable[Any], names: Sequence[str]) -> ListTable:
    """A table of rows of values, or a 2-D array, whose columns are `names`, in order.

    Raises InvalidInput when a row has another number of values.
    """
    listed = plain_values(rows)
    for row, values in enumerate(listed):
        if not isinstance(values, (list, tuple)) or len(values) != len(names):
            raise InvalidInput(
                f"Row {row} does not have {len(names)} values.",
                next=f"Give rows of these columns, in this order: {', '.join(names)}.",
            )
    return from_values({name: [values[index] for values in listed] for index, name in enumerate(names)})


def from_document(document: Mapping[str, Any]) -> ListTable:
    """The table that the lake answered in the typed split form. Raises UnexpectedAnswer when it is not of that form."""
    try:
        fields = [Field.from_json(each) for each in document["columns"]]
        rows = document["data"]
        columns = [[row[index] for row in rows] for index in range(len(fields))]
    except (KeyError, TypeError, IndexError, AttributeError):
        raise UnexpectedAnswer("The lake's table cannot be read.", next="Update this client.") from None
    return ListTable(fields, columns)


def to_records(table: Table) -> list[dict[str, Any]]:
    """The rows as dicts of Python values."""
    columns = [decode(field, values) for field, values in zip(table.fields, table.columns(0, table.rows))]
    return [dict(zip(table.names, row)) for row in zip(*columns)]


def _encoded(document: Any) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as reason:
        before = reason.object[max(reason.start - 20, 0) : reason.start]
        raise InvalidInput(
            f"A text is not valid Unicode ({reason.reason}) after {before!r}.",
            next="Remove or replace that character.",
        ) from None
