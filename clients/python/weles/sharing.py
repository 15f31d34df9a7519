"""Whom a model is for, and what is the same for everything that is shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from weles.connection import current, segment
from weles.errors import InvalidRequest

__all__ = ["PRIVATE", "PUBLIC", "Access", "access", "access_of", "share", "shared", "unshare", "unshared"]


@dataclass(frozen=True)
class Access:
    """`visibility`: "private" (the owner's alone), "shared" (with `users`), "public" (every user of the lake's)."""

    visibility: str
    users: tuple[str, ...] = ()

    def with_users(self, users: Iterable[str]) -> Access:
        """Shared with these, too."""
        both = dict.fromkeys([*self.users, *users])
        return Access("shared", tuple(both))

    def without_users(self, users: Iterable[str]) -> Access:
        """Shared with those who are left; private when nobody is."""
        gone = set(users)
        left = tuple(user for user in self.users if user not in gone)
        return Access("shared" if left else "private", left)

    def document(self) -> dict[str, Any]:
        """As the lake takes it."""
        return {"visibility": self.visibility, "users": [*self.users]}


PRIVATE = Access("private")
PUBLIC = Access("public")


def access(name: str) -> Access:
    """Whom the model is for: "private", "shared" with users, or "public". Raises Forbidden for another's model."""
    return access_of(current().json("GET", f"/models/{segment(name)}/access"))


def share(name: str, users: str | Iterable[str] = (), *, public: bool = False) -> Access:
    """Let these users see and call the model too; `public`: every user of the lake. A new model is its owner's alone.

    Raises NotFound, Forbidden for another's model, InvalidRequest for users that do not exist.
    """
    return _set_access(name, shared(access(name), users, public))


def unshare(name: str, users: str | Iterable[str] = ()) -> Access:
    """Take the model back from these users, or from everyone when none are named. Raises as `share` does."""
    return _set_access(name, unshared(access(name), users))


def _set_access(name: str, wanted: Access) -> Access:
    return access_of(current().send_json("PUT", f"/models/{segment(name)}/access", wanted.document()))


def access_of(document: Mapping[str, Any]) -> Access:
    """What the lake says of one model or alias."""
    return Access(str(document["visibility"]), tuple(str(user) for user in document.get("users") or ()))


def shared(now: Access, users: str | Iterable[str], public: bool) -> Access:
    """What `now` becomes when it is shared with `users`, or made public. Raises InvalidRequest for neither or both."""
    names = _names(users)
    if public == bool(names):
        raise InvalidRequest("Say with whom: users, or everyone.", next="Name users, or set `public=True`.")
    return PUBLIC if public else now.with_users(names)


def unshared(now: Access, users: str | Iterable[str]) -> Access:
    """What `now` becomes when it is taken back from `users`, or from everyone when none are named."""
    names = _names(users)
    return now.without_users(names) if names else PRIVATE


def _names(users: str | Iterable[str]) -> tuple[str, ...]:
    return (users,) if isinstance(users, str) else tuple(users)
