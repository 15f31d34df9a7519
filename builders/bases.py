"""Language and version → base image (pure)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from builders.errors import NoSuchRuntime

_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Base:
    """A base image of this machine. `version` is the interpreter's full one; `image_id` is `sha256:` and 64 hex."""

    language: str
    version: str
    image: str
    image_id: str


@dataclass(frozen=True, slots=True)
class BaseChoice:
    """The base to build on; `note` says so when it is not exactly what was asked for."""

    base: Base
    note: str | None


def choose_base(language: str, wanted: str, available: Iterable[Base]) -> BaseChoice:
    """The exact version, else the nearest patch of the same minor (the newer of two equally near).

    `wanted` is `3.11.7`, or `3.11` for its newest patch. Raises NoSuchRuntime.
    """
    candidates = [base for base in available if base.language == language]
    versions = tuple(base.version for base in sorted(candidates, key=lambda base: version_key(base.version)))
    if _VERSION.fullmatch(wanted) is None:
        raise NoSuchRuntime(language, wanted, versions)
    key = version_key(wanted)
    same_minor = [base for base in candidates if version_key(base.version)[:2] == key[:2]]
    if not same_minor:
        raise NoSuchRuntime(language, wanted, versions)
    if len(key) == 2:
        return BaseChoice(max(same_minor, key=lambda base: version_key(base.version)), None)
    nearest = min(same_minor, key=lambda base: (abs(_patch(base.version) - key[2]), -_patch(base.version)))
    if version_key(nearest.version) == key:
        return BaseChoice(nearest, None)
    return BaseChoice(nearest, f"{language} {wanted} is not installed; {nearest.version}, the nearest patch, is used")


def version_key(version: str) -> tuple[int, ...]:
    """`3.11.2` → (3, 11, 2), for ordering: 3.9 comes before 3.10. Raises ValueError when it is no such version."""
    if _VERSION.fullmatch(version) is None:
        raise ValueError(f"{version!r} is not a version such as 3.11 or 3.11.2")
    return tuple(map(int, version.split(".")))


def _patch(version: str) -> int:
    return (*version_key(version), 0)[2]
