"""What is installed in this interpreter, as `pip freeze` writes it. The lake leaves this client out, and says so."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Collection
from importlib import metadata

from weles.installed import Installed, normalised, source_of

__all__ = ["annotated", "freeze", "from_metadata"]

_LEFT_OUT = {"distribute", "pip", "setuptools", "wheel"}  # as pip freeze does
_SECONDS = 120
_CLIENT = "weles"
_FROM_ADDRESS = re.compile(r"(?P<name>[A-Za-z0-9._-]+) @ ")
_EDITABLE = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)")
_EDITABLE_COMMENT = re.compile(r"# Editable .*\((?P<name>[A-Za-z0-9._-]+)==")


def freeze() -> str:
    """`pip freeze` of this interpreter; read from the installed metadata where pip is not to be had."""
    if sys.executable and importlib.util.find_spec("pip") is not None:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "freeze"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout
    return from_metadata()


def from_metadata() -> str:
    """The same from importlib.metadata: `name==version`, or `name @ url` for what was installed from a URL."""
    lines: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if not name or not distribution.version:
            continue  # a broken installation: nothing that could be pinned
        key = normalised(name)
        if key not in _LEFT_OUT:
            # The first on sys.path is the one that is imported.
            source = source_of(distribution)
            lines.setdefault(key, f"{name} @ {source}" if source else f"{name}=={distribution.version}")
    return "".join(f"{lines[key]}\n" for key in sorted(lines))


def annotated(text: str, installed: Installed, needed: Collection[str] | None) -> str:
    """The freeze with what the lake cannot see: above what came from an address, its version, or that the model does
    not need it. `needed` are normalised names; None when they are not known.
    """
    lines: list[str] = []
    for line in text.splitlines():
        note = _note(line, lines[-1] if lines else "", installed, needed)
        lines += [note, line] if note else [line]
    return "".join(f"{line}\n" for line in lines)


def _note(line: str, before: str, installed: Installed, needed: Collection[str] | None) -> str | None:
    found = _FROM_ADDRESS.match(line) or (_EDITABLE.search(line) if line.startswith("-e") else None)
    if found is None and line.startswith("-e"):
        found = _EDITABLE_COMMENT.match(before)
    name = normalised(found["name"]) if found else ""
    if name not in installed.distributions or name == _CLIENT:
        return None
    if needed is not None and name not in needed:
        return f"# The model does not need {name}"
    return None if line.startswith("-e") else f"# Installed as {name}=={installed.distributions[name].version}"
