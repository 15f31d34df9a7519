"""What this session is, and where it differs from the one that made a model. Nothing of the model is needed for it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from weles.errors import SessionDiffers

__all__ = ["differences", "require_match"]


def require_match(info: Mapping[str, Any]) -> None:
    """Raises SessionDiffers, with every difference, when the model of this `info` was made in another session."""
    found = differences(info)
    if found:
        raise SessionDiffers(
            f"Version {info.get('version')} of {info.get('name')!r} was made in another session; it was not loaded.",
            next="Call it with `model.predict`, which needs none of this; or install these versions; or `force=True`.",
            problems=found,
        )


def differences(info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{what, expected, got} for the language, its minor version, and each main package, where they are not the same."""
    if info.get("language") != "python":
        return [{"what": "language", "expected": info.get("language"), "got": "python"}]
    found = []
    made_with = str(info.get("language_version") or "")
    if _minor(made_with) != _minor(platform.python_version()):
        found.append({"what": "Python", "expected": made_with, "got": platform.python_version()})
    packages = (info.get("environment") or {}).get("packages") or {}
    for name, version in packages.items():
        here = _installed(str(name))
        if here != str(version):
            found.append({"what": str(name), "expected": str(version), "got": here or "not installed"})
    return found


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
