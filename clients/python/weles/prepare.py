"""Columns as a model takes them: chosen, put in order, and given the model's names.

A column goes by its name; failing that by its name without regard to case and punctuation ("Sepal.Length" is
"sepal_length"). Where none goes by its name, and there are as many columns as the model takes, each goes by its place.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

from weles.columns import JSONValue
from weles.errors import InvalidInput
from weles.frames import FrameTable
from weles.tables import Table

__all__ = ["csv_body", "places", "prepared"]

_NO_LETTER = re.compile(r"[\W_]+")


class _Prepared(Table):
    """Columns of another table, in another order, under other names."""

    def __init__(self, table: Table, order: Sequence[int], names: Sequence[str]) -> None:
        super().__init__([replace(table.fields[place], name=name) for place, name in zip(order, names)], table.rows)
        self._table = table
        self._order = order

    def columns(self, start: int, stop: int) -> list[list[JSONValue]]:
        read = self._table.columns(start, stop)
        return [read[place] for place in self._order]


def prepared(table: Table, inputs: Sequence[Mapping[str, Any]]) -> Table:
    """The table with the columns that the model takes, and no others. Raises InvalidInput when one cannot be found."""
    names = [str(field["name"]) for field in inputs]
    if isinstance(table, FrameTable):
        frame = table.frame.iloc[:, places(table.names, names)]
        return FrameTable(frame.set_axis(names, axis=1))
    return _Prepared(table, places(table.names, names), names)


def csv_body(path: Path, inputs: Sequence[Mapping[str, Any]]) -> BytesIO:
    """A .csv file's content with the columns that the model takes.

    Raises InvalidInput when one cannot be found, and for a file that is no .csv in UTF-8.
    """
    try:
        return _csv_body(path, [str(field["name"]) for field in inputs])
    except (UnicodeDecodeError, csv.Error) as reason:
        raise InvalidInput(f"{path} cannot be read: {reason}.", next="Save it as .csv in UTF-8.") from reason


def _csv_body(path: Path, names: Sequence[str]) -> BytesIO:
    made = BytesIO()
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        order = places(next(rows, []), names)
        text = TextIOWrapper(made, encoding="utf-8", newline="", write_through=True)
        written = csv.writer(text, lineterminator="\n")
        written.writerow(names)
        for row in rows:
            if row:
                written.writerow([row[place] if place < len(row) else "" for place in order])
    text.detach()
    made.seek(0)
    return made


def places(given: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where among the `given` names each of the `wanted` columns is. Raises InvalidInput, naming those that are not."""
    found = [_only(given, [name]) for name in wanted]
    if None in found:
        bare = [_bare(name) for name in given]
        found = [_only(bare, [_bare(name)]) if place is None else place for place, name in zip(found, wanted)]
    if None in found or len(set(found)) < len(found):
        if len(given) == len(wanted) and not any(place is not None for place in found):
            return [*range(len(wanted))]
        missing = [name for name, place in zip(wanted, found) if place is None]
        raise InvalidInput(
            f"The data have {len(given)} columns, and none that could be {', '.join(map(repr, missing or wanted))}.",
            next=f"Give the columns {', '.join(wanted)}; or as many, in this order, without these names.",
            problems=[{"column": name, "row": None, "expected": "a column", "got": None} for name in missing],
        )
    return [place for place in found if place is not None]


def _only(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """The place of the one column of that name; None when there is none, or more than one."""
    found = [place for place, name in enumerate(names) if name in wanted]
    return found[0] if len(found) == 1 else None


def _bare(name: str) -> str:
    return _NO_LETTER.sub("", name).casefold()
