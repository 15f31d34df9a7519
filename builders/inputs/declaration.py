"""What a file of any format declares, as lines of requirements: the rules decide about all alike (pure)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from builders.errors import LineProblem
from builders.pins import Repair
from builders.requirement_draft import shown
from builders.requirement_lines import LogicalLine

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9.!+_-]{1,128}")
_INSTALLED_AS = "# Installed as {name}=={version}"


@dataclass(frozen=True, slots=True)
class Declaration:
    """Lines to decide about, what the format itself leaves out, and what cannot be used whatever the rules say.

    `python` is the specifier of the Python versions that the file is for, such as `>=3.9,<3.12`; empty when it does
    not say.
    """

    lines: tuple[LogicalLine, ...] = ()
    repairs: tuple[Repair, ...] = ()
    problems: tuple[LineProblem, ...] = ()
    python: str = ""


class Collector:
    """Takes what a format finds, entry by entry. Whatever it is given comes from an upload and is checked here."""

    def __init__(self) -> None:
        self._lines: list[LogicalLine] = []
        self._repairs: list[Repair] = []
        self._problems: list[LineProblem] = []
        self.python = ""

    def pin(self, number: int, name: Any, version: Any, extras: Iterable[Any] = (), marker: Any = None) -> None:
        """A package at one version; `marker` is an environment marker (PEP 508) or None."""
        if not _is_name(name):
            self.refuse(number, str(name), "it is not the name of a package")
        elif not isinstance(version, str) or _VERSION.fullmatch(version) is None:
            self.refuse(
                number, str(name), "it has no version that can be read; write name==VERSION in a requirements file"
            )
        elif not all(map(_is_name, extras := [*extras])):
            self.refuse(number, name, "its extras cannot be read")
        else:
            wanted = f"{name}[{','.join(extras)}]=={version}" if extras else f"{name}=={version}"
            self.line(number, wanted, marker)

    def line(self, number: int, text: Any, marker: Any = None) -> None:
        """A requirement as the file writes it."""
        if not isinstance(text, str) or not isinstance(marker, str | None):
            self.refuse(number, str(text), "it cannot be read as a requirement")
            return
        self._lines.append(LogicalLine(number, f"{text} ; {marker}" if marker else text))

    def address(self, number: int, name: Any, address: Any, version: Any = None) -> None:
        """A package that came from an address: a rule decides whether its published version can stand in."""
        if not _is_name(name) or not isinstance(address, str):
            self.refuse(number, str(name), "it is not the name of a package")
            return
        known = isinstance(version, str) and _VERSION.fullmatch(version) is not None
        comment = _INSTALLED_AS.format(name=name, version=version) if known else ""
        self._lines.append(LogicalLine(number, f"{name} @ {address}", comment))

    def leave_out(self, number: int, text: str, reason: str) -> None:
        self._repairs.append(Repair(number, shown(text), "dropped", reason))

    def leave_out_all(self, names: Iterable[str], reason: str) -> None:
        """One repair for many packages that are left out for the same reason."""
        listed = sorted({shown(str(name)) for name in names})
        if listed:
            self._repairs.append(Repair(0, ", ".join(listed), "dropped", reason))

    def rewrite(self, number: int, text: str, reason: str) -> None:
        self._repairs.append(Repair(number, shown(text), "rewritten", reason))

    def refuse(self, number: int, text: str, reason: str) -> None:
        self._problems.append(LineProblem(number, shown(text), reason))

    def declaration(self) -> Declaration:
        return Declaration(tuple(self._lines), tuple(self._repairs), tuple(self._problems), self.python)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
