"""What is wrong with a table that someone sent, gathered so that it is said at once."""

from collections.abc import Sequence
from typing import Any

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import Field, Schema
from registry.tables.packing import show

MAX_PROBLEMS = 20


class Problems:
    """Up to MAX_PROBLEMS problems, each {column, row, expected, got}; rows count from 0, `first_row` is the part's."""

    def __init__(self, first_row: int = 0) -> None:
        self._first_row = first_row
        self._found: list[dict[str, Any]] = []

    @property
    def room(self) -> int:
        """How many more problems are of interest."""
        return MAX_PROBLEMS - len(self._found)

    def add(self, column: str, row: int | None, expected: str | None, got: str | None) -> None:
        if self.room > 0:
            row = None if row is None else self._first_row + row
            self._found.append({"column": column, "row": row, "expected": expected, "got": got})

    def misfit(self, field: Field, row: int, value: Any) -> None:
        """A value that does not fit its column."""
        self.add(field.name, row, field.expectation if value is not None else "a value, not null", show(value))

    def raise_if_any(self) -> None:
        """Raises InvalidInput, whose text is the first problem."""
        if not self._found:
            return
        first = self._found[0]
        where = f"column {first['column']!r:.80}" + ("" if first["row"] is None else f", row {first['row']}")
        more = f" ({len(self._found)} problems are listed)" if len(self._found) > 1 else ""
        raise InvalidInput(
            f"In {where}: expected {first['expected']}, got {first['got']}{more}.", problems=tuple(self._found)
        )


def invalid(column: str | None, row: int | None, expected: str, got: str, what: str = "") -> InvalidInput:
    """One problem as an error; its text begins with `what`."""
    places = [f"column {column!r:.80}"] * (column is not None) + [f"row {row}"] * (row is not None)
    begin = f"{what}, in" if what else "In"
    return InvalidInput(
        f"{begin} {', '.join(places)}: expected {expected}, got {got}.",
        problems=[{"column": column, "row": row, "expected": expected, "got": got}],
    )


def match_columns(names: Sequence[str], schema: Schema, problems: Problems) -> dict[str, int]:
    """Where each column of the schema is among `names`; missing and extra ones become problems."""
    order = {name: position for position, name in enumerate(names)}
    for field in schema.fields:
        if field.name not in order:
            problems.add(field.name, None, f"a column of {field.type}", "no such column")
    known = set(schema.names)
    for name in names:
        if name not in known:
            problems.add(name, None, f"only the columns {', '.join(schema.names)}"[:400], "an extra column")
    return order
