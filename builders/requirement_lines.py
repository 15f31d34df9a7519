"""A requirements text → its logical lines (pure): what pip does with line ends, comments and continuations.

Two comments mean something: what follows CONSTRAINTS, until REQUIREMENTS, came from a file of constraints (`-c`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from builders.errors import InvalidSpec, LineProblem

TEXT_BYTES = 1 << 20
TEXT_LINES = 2000
CONSTRAINTS = "# weles: constraints"
REQUIREMENTS = "# weles: requirements"

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A requirement as it stands in the text, joined and without comments.

    `number` is that of its first physical line, from 1; `comment_before` is the comment on the line above, or empty.
    A `constraint` is not to be installed on its own.
    """

    number: int
    text: str
    comment_before: str = ""
    constraint: bool = False


def physical_lines(text: str) -> list[str]:
    """Split at LF, CRLF and CR only: `str.splitlines` would also split at separators that nobody sees."""
    return _LINE_END.split(text.removeprefix(_BYTE_ORDER_MARK))


def check_limits(text: str, *, most_bytes: int = TEXT_BYTES, most_lines: int = TEXT_LINES) -> None:
    """Raises InvalidSpec when a text is larger than any session's description can be."""
    reason = None
    if len(text.encode("utf-8", "surrogatepass")) > most_bytes:
        reason = f"the text is larger than {most_bytes} bytes; send only the pinned requirements"
    elif len(physical_lines(text)) > most_lines + 1:
        reason = f"the text has more than {most_lines} lines; send only the pinned requirements"
    if reason is not None:
        raise InvalidSpec((LineProblem(0, "", reason),))


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """Every line that says something, comments removed, lines that end with a backslash joined."""
    parts: list[str] = []
    first = 0
    comment = ""
    constraint = False
    for number, line in enumerate(physical_lines(text), start=1):
        if not parts:
            first = number
            if line.lstrip().startswith("#"):
                comment = line.strip()
                constraint = comment == CONSTRAINTS or (constraint and comment != REQUIREMENTS)
                continue
        body = _COMMENT.sub("", line).rstrip()
        if body.endswith("\\"):
            parts.append(body[:-1])
            continue
        joined = " ".join([*parts, body]).strip()
        parts = []
        if joined:
            yield LogicalLine(first, joined, comment, constraint)
        comment = ""
    joined = " ".join(parts).strip()
    if joined:
        yield LogicalLine(first, joined, comment, constraint)
