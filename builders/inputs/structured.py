"""TOML and JSON texts of an upload → checked tables, with the lines at which their entries stand (pure)."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from builders.errors import InvalidSpec, LineProblem
from builders.requirement_lines import physical_lines

Table = Mapping[str, Any]


def toml_table(text: str, what: str) -> Table:
    """Raises InvalidSpec with the line that is wrong when it is no TOML."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"at line (\d+)", str(error))
        raise _unreadable(what, "TOML", int(found[1]) if found else 0) from error


def json_table(text: str, what: str) -> Table:
    """Raises InvalidSpec with the line that is wrong when it is no JSON object."""
    try:
        table = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise _unreadable(what, "JSON", error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise _unreadable(what, "JSON", 0) from error
    if not isinstance(table, dict):
        raise _unreadable(what, "JSON", 1)
    return table


def table_of(value: Any) -> Table:
    """The value if it is a table, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> Sequence[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def text_of(value: Any) -> str:
    """The value if it is text, else an empty one."""
    return value if isinstance(value, str) else ""


def numbered_tables(text: str, table: Table, key: str) -> Iterator[tuple[int, Table]]:
    """Every table of `[[key]]` with the line of its header; 0 where the headers cannot be told apart."""
    header = re.compile(rf"\s*\[\[\s*{re.escape(key)}\s*\]\]\s*(?:#.*)?")
    numbers = [number for number, line in enumerate(physical_lines(text), start=1) if header.fullmatch(line)]
    entries = list_of(table.get(key))
    if len(numbers) != len(entries):
        numbers = [0] * len(entries)
    for number, entry in zip(numbers, entries, strict=True):
        yield number, table_of(entry)


class Places:
    """Where a quoted or bare word stands in a text, looked up once for all words."""

    _WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

    def __init__(self, text: str) -> None:
        self._first: dict[str, int] = {}
        for number, line in enumerate(physical_lines(text), start=1):
            for word in self._WORD.findall(line):
                self._first.setdefault(word, number)

    def line_of(self, text: str) -> int:
        """The first line that has the first word of the text; 0 when none has."""
        word = self._WORD.search(text)
        return self._first.get(word[0], 0) if word else 0


def _unreadable(what: str, form: str, line: int) -> InvalidSpec:
    return InvalidSpec((LineProblem(line, "", f"this {what} cannot be read: it is not valid {form} here"),))
