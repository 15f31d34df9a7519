"""Which lake, and as whom: arguments, then WELES_URL / WELES_TOKEN / WELES_TOKEN_FILE, then the saved login."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from weles.errors import CallerError, NotConnected

__all__ = ["Login", "choose", "load", "normal_url", "path", "save"]


@dataclass(frozen=True)
class Login:
    """The address of a lake and the token to show there; `token` is None before a login."""

    url: str
    token: str | None

    def __repr__(self) -> str:
        return f"Login(url={self.url!r}, token={'…' if self.token else None})"


def path(environ: Mapping[str, str] = os.environ) -> Path:
    """The file of the saved login: `weles/login.json` in XDG_CONFIG_HOME or ~/.config."""
    home = environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "weles" / "login.json"


def normal_url(url: str) -> str:
    """`url` without trailing slash and /api/v1. Raises CallerError when it is not an http(s) address."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        raise CallerError(
            f"{url!r} is not the address of a lake.", next="Give it as http://HOST:PORT or https://HOST, no password."
        )
    base = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    return base[: -len("/api/v1")] if base.endswith("/api/v1") else base


def save(login: Login, environ: Mapping[str, str] = os.environ) -> Path:
    """Keep `login` for later sessions, readable by its owner only; the file is whole or not there at all."""
    target = path(environ)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".login-")  # mkstemp makes the file 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"url": login.url, "token": login.token}, file)
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    return target


def load(environ: Mapping[str, str] = os.environ) -> Login | None:
    """The saved login, or None. Raises CallerError when the file is there and cannot be read."""
    file = path(environ)
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        token = document["token"]
        return Login(normal_url(document["url"]), None if token is None else str(token))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, CallerError) as reason:
        raise CallerError(
            f"The saved login {file} cannot be used: {reason.args[0]}", next="Run `weles login` again."
        ) from None


def choose(url: str | None, token: str | None, environ: Mapping[str, str] = os.environ) -> Login:
    """The login to use. A saved token goes only to the lake that it was saved for.

    Raises NotConnected when no lake is named anywhere, CallerError when WELES_TOKEN_FILE cannot be read.
    """
    saved = load(environ) if not (url and token) else None
    named = url or environ.get("WELES_URL") or (saved.url if saved else None)
    if not named:
        raise NotConnected(
            "No lake is named.",
            next='Call weles.connect("http://HOST:PORT", token="…"), set WELES_URL, or run `weles login`.',
        )
    chosen = normal_url(named)
    kept = saved.token if saved and saved.url == chosen else None
    return Login(chosen, token or environ.get("WELES_TOKEN") or _token_of_file(environ) or kept)


def _token_of_file(environ: Mapping[str, str]) -> str | None:
    named = environ.get("WELES_TOKEN_FILE")
    if not named:
        return None
    try:
        return Path(named).read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError) as reason:
        raise CallerError(
            f"WELES_TOKEN_FILE cannot be read: {reason}", next="Point it at a file that holds the token, or unset it."
        ) from None
