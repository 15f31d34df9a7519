"""The atoms of a specification: a pinned package, and a repair of what was uploaded (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

RepairAction = Literal["dropped", "constraint", "rewritten"]

NORMALISED_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
VERSION_TEXT = re.compile(r"[a-z0-9.!+]{1,128}")
NAME_LENGTH = 128


def is_package_name(name: str) -> bool:
    """True for a normalised name (PEP 503) of reasonable length, and nothing else."""
    return len(name) <= NAME_LENGTH and NORMALISED_NAME.fullmatch(name) is not None


def is_package_version(version: str) -> bool:
    """True for a version in its normal form (PEP 440), and nothing else."""
    if VERSION_TEXT.fullmatch(version) is None:
        return False
    try:
        return str(Version(version)) == version
    except (InvalidVersion, ValueError):
        return False


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One package at one version. A Pin that exists is valid: anything else raises ValueError.

    `name` and `extras` are normalised (PEP 503), extras sorted; `version` is in its normal form (PEP 440).
    """

    name: str
    version: str
    extras: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_package_name(self.name):
            raise ValueError(f"{self.name!r} is not a normalised package name")
        if not is_package_version(self.version):
            raise ValueError(f"{self.version!r} is not a normalised version")
        if not all(map(is_package_name, self.extras)) or list(self.extras) != sorted(set(self.extras)):
            raise ValueError(f"{self.extras!r} are not normalised extras in order")

    @classmethod
    def of(cls, name: str, version: str, extras: tuple[str, ...] = ()) -> Self:
        """A pin from any spelling of a name and version. Raises ValueError (InvalidVersion is one)."""
        normal_extras = tuple(sorted({canonicalize_name(extra) for extra in extras}))
        return cls(canonicalize_name(name), str(Version(version)), normal_extras)

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}=={self.version}"

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version, "extras": list(self.extras)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["name"], data["version"], tuple(data["extras"]))


@dataclass(frozen=True, slots=True)
class Repair:
    """What was changed in an upload so that it can be built, and why. `line` counts from 1; 0 is the whole text."""

    line: int
    text: str
    action: RepairAction
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "text": self.text, "action": self.action, "reason": self.reason}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["line"], data["text"], data["action"], data["reason"])
