"""A file of an environment → the text to send: what `-r` and `-c` name is put in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from weles.errors import InvalidEnvironment

__all__ = ["read_environment_file"]

_INCLUDE = re.compile(
    r"\s*(?:-(?P<short>[rc])\s*|--(?P<long>requirement|constraint)(?:\s+|=))(?P<file>\S.*?)\s*(?:\s#.*)?"
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
# How the lake knows what came from a file of constraints.
_CONSTRAINTS, _REQUIREMENTS = "# weles: constraints", "# weles: requirements"
_DEPTH = 10


def read_environment_file(path: Path) -> str:
    """The text of a requirements file, lock file or conda export; files that it includes are put in their place.

    Raises InvalidEnvironment when a file cannot be read or includes itself.
    """
    text = _read(path)
    if path.suffix.lower() not in (".txt", ".in", ".pip", ""):
        return text
    return "".join(f"{line}\n" for line in _lines(text, path, (path,), constraint=False))


def _lines(text: str, path: Path, within: tuple[Path, ...], *, constraint: bool) -> Iterator[str]:
    for line in text.splitlines():
        found = _INCLUDE.fullmatch(line)
        if found is None or _ADDRESS.match(found["file"]):
            yield line
            continue
        inner = path.parent / found["file"].strip("\"'")
        if len(within) > _DEPTH or any(_same(inner, each) for each in within):
            raise InvalidEnvironment(f"{inner} includes itself.", next="Take the line out that includes it.")
        held = constraint or (found["short"] or found["long"])[0] == "c"
        if held and not constraint:
            yield _CONSTRAINTS
        yield from _lines(_read(inner), inner, (*within, inner), constraint=held)
        if held and not constraint:
            yield _REQUIREMENTS


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as reason:
        raise InvalidEnvironment(
            f"The requirements {str(path)!r} cannot be read: {reason}",
            next="Give the path or the text of a `pip freeze`, of a lock file or a conda export, or nothing: then the "
            "packages that the model needs are found.",
        ) from None
