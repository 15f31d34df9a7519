"""What is installed in this interpreter, as `pip freeze` writes it. The lake leaves this client out, and says so."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from weles.errors import InvalidEnvironment

__all__ = ["freeze", "from_metadata", "requirements"]

_LEFT_OUT = {"distribute", "pip", "setuptools", "wheel"}  # as pip freeze does
_SECONDS = 120


def requirements(environment: str | os.PathLike[str] | None = None) -> str:
    """The requirements to send: None is this interpreter's freeze; else a file's path, or the text itself.

    A text with a line break, "==" or " @ ", or an empty one, is the requirements; any other is a path.
    Raises InvalidEnvironment when there is no such file or it is not UTF-8.
    """
    if environment is None:
        return freeze()
    if isinstance(environment, str) and (
        not environment.strip() or any(mark in environment for mark in ("\n", "==", " @ "))
    ):
        return environment
    try:
        return Path(environment).read_text(encoding="utf-8")
    except (OSError, ValueError) as reason:
        raise InvalidEnvironment(
            f"The requirements {os.fspath(environment)!r} cannot be read: {reason}",
            next="Give the path or the text of a `pip freeze`, or nothing for this interpreter's own.",
        ) from None


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
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key not in _LEFT_OUT:
            # The first on sys.path is the one that is imported.
            lines.setdefault(key, f"{name}{_source(distribution) or '==' + distribution.version}")
    return "".join(f"{lines[key]}\n" for key in sorted(lines))


def _source(distribution: metadata.Distribution) -> str | None:
    try:
        direct: dict[str, Any] = json.loads(distribution.read_text("direct_url.json") or "{}")
        url = str(direct["url"])
    except (ValueError, KeyError):
        return None
    if isinstance(direct.get("vcs_info"), dict):
        return f" @ {direct['vcs_info'].get('vcs', 'git')}+{url}@{direct['vcs_info'].get('commit_id', '')}"
    return f" @ {url}"
