"""Users of the lake: yourself, and for administrators everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weles import config, connection
from weles.connection import current, segment

__all__ = ["User", "change_password", "create", "delete", "disable", "enable", "get", "list", "login", "me"]


@dataclass(frozen=True)
class User:
    """A user of the lake; `token` is shown once only, when the user is made, so it is kept out of the text form.

    `disabled_at` (ISO 8601) is set for one whose password and tokens are good for nothing.
    """

    name: str
    role: str
    token: str = field(default="", repr=False)
    disabled_at: str | None = None


def create(name: str, password: str, *, role: str = "member") -> User:
    """Make a user (administrators); the token in the answer is theirs to `connect` with. `role`: "member", "admin".

    Raises Forbidden, Exists when the name is taken, InvalidRequest when name or password will not do.
    """
    return _user(current().send_json("POST", "/users", {"name": name, "password": password, "role": role}))


def login(name: str, password: str, *, url: str | None = None) -> connection.Connection:
    """Get a token for `name`, save it for later sessions (readable by you only), and connect with it.

    `url`: the lake, where it is not the one in use. Raises Unauthenticated for a wrong name or password,
    TooManyAttempts after many of them.
    """
    lake = connection.Connection(url) if url else current()
    answer = lake.send_json("POST", "/tokens", {"name": name, "password": password})
    token = str(answer["token"])
    config.save(config.Login(lake.url, token))
    return connection.connect(lake.url, token, patience=lake.patience, progress=lake.progress)


def me() -> User:
    """Who the lake takes you for. Raises Unauthenticated."""
    return _user(current().json("GET", "/users/me"))


def change_password(old: str, new: str) -> None:
    """Give yourself a new password; your logins elsewhere end, tokens that you made stay.

    Raises Unauthenticated for a wrong old one, InvalidRequest when the new one will not do, TooManyAttempts.
    """
    current().send("PUT", "/users/me/password", {"old": old, "new": new})


def list() -> tuple[User, ...]:
    """Every user, by name (administrators). Raises Forbidden."""
    return tuple(_user(each) for each in current().json("GET", "/users")["users"])


def get(name: str) -> User:
    """A user (administrators). Raises Forbidden, NotFound."""
    return _user(current().json("GET", f"/users/{segment(name)}"))


def disable(name: str) -> User:
    """From now on the user's password and tokens are good for nothing (administrators). Raises Forbidden, NotFound."""
    return _user(current().send_json("PATCH", f"/users/{segment(name)}", {"disabled": True}))


def enable(name: str) -> User:
    """What `disable` did, undone (administrators). Raises Forbidden, NotFound."""
    return _user(current().send_json("PATCH", f"/users/{segment(name)}", {"disabled": False}))


def delete(name: str) -> None:
    """Delete a user to whom nothing in the lake belongs (administrators). Raises Forbidden, NotFound, InUse."""
    current().request("DELETE", f"/users/{segment(name)}")


def _user(document: Mapping[str, Any]) -> User:
    return User(
        name=str(document["name"]),
        role=str(document.get("role", "member")),
        token=str(document.get("token") or ""),
        disabled_at=document.get("disabled_at"),
    )
