"""CSV text → columns of text, or of the types that Arrow reads itself, block by block; and what is wrong with it."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from pyarrow import csv as arrow_csv

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import MAX_COLUMNS, is_text
from registry.tables.mapped import Mapped
from registry.tables.problems import invalid

HEADER_BYTES = 16 << 20
"""So much of a text is enough to find its header line in; one that is longer is refused."""

_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_CELL = re.compile(r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to \w+: (.*)", re.DOTALL)
_FRACTION = re.compile(r"[+-]?\d+\.\d+")


class RowTooLong(Exception):
    """A row does not fit into a block."""


def header(head: bytes) -> tuple[list[str], int]:
    """(names, bytes) of the header line of a text that begins with `head`. Raises InvalidInput."""
    # What is no UTF-8 may be in a row that was only read ahead: it is looked for in the names alone.
    text = io.TextIOWrapper(io.BytesIO(head), "utf-8-sig", "surrogateescape", newline="")
    read: list[str] = []
    rows = csv.reader((read.append(line) or line for line in text), strict=True)  # type: ignore[func-returns-value]
    try:
        names = next(rows, [])
    except csv.Error as error:
        raise InvalidInput(f"The header line is not CSV: {error}.") from None
    if not names or names == [""]:
        raise InvalidInput("The CSV has no header line with the columns' names.", expected="a header line")
    if len(names) > MAX_COLUMNS:
        raise InvalidInput(f"A table has at most {MAX_COLUMNS} columns, not {len(names)}.")
    for name, times in Counter(names).items():
        if not is_text(name):
            raise _not_utf8("header", None, repr(name.encode("utf-8", "surrogateescape"))[1:])
        if not name or times > 1:
            what = f"The header line has {name!r:.80} as a name{' twice' if name else ''}."
            raise InvalidInput(what, column=name, expected="a name of its own for each column")
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    return names, mark + sum(len(line.encode("utf-8", "surrogateescape")) for line in read)


def require_header(found: Sequence[str]) -> None:
    """Raises InvalidInput when the line that should have the names looks like a row of numbers."""
    numbers = [name for name in found if _FRACTION.fullmatch(name)]
    if 2 * len(numbers) > len(found):
        raise InvalidInput(
            f"The CSV seems to have no header line: its first line has {numbers[0]!r:.40} where a name should be.",
            column=numbers[0],
            row=None,
            expected="a header line with names; if these are names, put a letter before them",
        )


def blocks(
    source: Mapped, start: int, names: Sequence[str], block_bytes: int, types: Mapping[str, pa.DataType] | None = None
) -> Iterator[list[pa.Array]]:
    """The cells from the byte `start` on, one array per column; null where a cell is empty and not quoted.

    `types`: of the columns (named f0, f1 …) that are not wanted as text. Raises InvalidInput, RowTooLong.
    """
    if start == source.size:
        return
    columns = [f"f{index}" for index in range(len(names))]
    # Only without threads does Arrow say which row is wrong.
    reading = arrow_csv.ReadOptions(column_names=columns, block_size=block_bytes, use_threads=False)
    parsing = arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(names) > 1)
    converting = arrow_csv.ConvertOptions(
        column_types={**dict.fromkeys(columns, pa.string()), **(types or {})},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    try:
        with arrow_csv.open_csv(source.reader(start), reading, parsing, converting) as reader:
            for batch in reader:
                yield batch.columns
                source.let_go()
    except pa.ArrowException as error:
        raise _explained(str(error), names) from None


def _explained(message: str, names: Sequence[str]) -> Exception:
    if "straddling object" in message:
        return RowTooLong()
    if found := _RAGGED.search(message):
        return invalid(None, int(found[1]) - 1, f"{found[2]} columns, as in the header", found[3])
    if found := _CELL.search(message):
        row = None if found[2] is None else int(found[2]) - 1
        return _not_utf8(names[int(found[1])], row, found[3])
    return InvalidInput(f"The text is not CSV in UTF-8: {message:.200}")


def _not_utf8(column: str, row: int | None, got: str) -> InvalidInput:
    return invalid(column, row, "text in UTF-8", f"{got:.80}", "The text is not CSV in UTF-8")
