"""A line of requirements on its way through the rules, and what can become of it (pure)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from packaging.requirements import Requirement

from builders.pins import Pin, Repair, RepairAction
from builders.requirement_lines import LogicalLine

SHOWN_LENGTH = 200

PRINTABLE = re.compile(r"[\x20-\x7e\t]*")
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Target:
    """The interpreter that lines are read for. `version` is `3.11` or `3.11.2`; the platform is Linux on x86-64.

    `held` are the versions, by normalised name, that the text's constraints fix.
    """

    version: str
    held: Mapping[str, str] = field(default_factory=dict)

    @property
    def minor(self) -> tuple[int, int]:
        """`3.11.2` → (3, 11)."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    def marker_environment(self) -> dict[str, str]:
        """The variables of environment markers (PEP 508); what is not known of the lake's hosts is empty."""
        parts = self.version.split(".")
        full = self.version if len(parts) > 2 else f"{self.version}.0"
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": full,
            "python_version": ".".join(parts[:2]),
            "sys_platform": "linux",
            "extra": "",
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """The line cannot be used; `reason` says why and what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The line names a package to install, or only to hold back at a version (`constraint`)."""

    pin: Pin
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A line on its way through the rules, with the repairs so far and, at the end, an outcome.

    The outcome of a line that is left out is None with `done` true.
    """

    line: LogicalLine
    target: Target
    repairs: tuple[Repair, ...] = ()
    requirement: Requirement | None = None
    outcome: Refused | Wanted | None = None
    done: bool = False

    def refused(self, reason: str) -> "Draft":
        return replace(self, outcome=Refused(reason), done=True)

    def dropped(self, reason: str) -> "Draft":
        return replace(self.repaired("dropped", reason), done=True)

    def wanted(self, pin: Pin, *, constraint: bool = False) -> "Draft":
        return replace(self, outcome=Wanted(pin, constraint), done=True)

    def repaired(self, action: RepairAction, reason: str) -> "Draft":
        repair = Repair(self.line.number, shown(self.line.text), action, reason)
        return replace(self, repairs=(*self.repairs, repair))


Rule = Callable[[Draft], Draft]


def shown(text: str) -> str:
    """A line as it can be shown back: one line, bounded, what cannot be printed escaped, no password of an address."""
    text = _CREDENTIALS.sub("//***@", text)
    escaped = text if PRINTABLE.fullmatch(text) else text.encode("unicode_escape").decode("ascii")
    return escaped if len(escaped) <= SHOWN_LENGTH else escaped[: SHOWN_LENGTH - 1] + "…"
