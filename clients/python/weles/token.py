"""Your tokens: for programs that may do so much, for so long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weles.connection import current, segment

__all__ = ["Token", "create", "list", "revoke"]


@dataclass(frozen=True)
class Token:
    """A token of yours. `token`, the secret, is there when it was made just now, and kept out of the text form.

    Times are ISO 8601; `expires_at` is None for one that is good until it is revoked.
    """

    id: str
    label: str
    kind: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str | None = None
    last_used_at: str | None = None
    token: str = field(default="", repr=False)


def create(label: str, scopes: str | Iterable[str], *, days: int | None = 90) -> Token:
    """Make a token; its secret is in the answer and never shown again.

    `scopes`: of "read" (look), "predict" (call models), "write" (upload, share, change), "admin" (tokens, password;
    for administrators the users); none includes another. `days`: how long it is good; None: until it is revoked.

    Raises InvalidRequest for scopes that there are not, Forbidden when the token in use is not good for `admin`, or
    for less than is asked for.
    """
    named = [scopes] if isinstance(scopes, str) else [*scopes]
    return _token(current().send_json("POST", "/users/me/tokens", {"label": label, "scopes": named, "days": days}))


def list() -> tuple[Token, ...]:
    """Your tokens, newest first; logins are among them."""
    return tuple(_token(each) for each in current().json("GET", "/users/me/tokens")["tokens"])


def revoke(id: str) -> None:
    """End a token, by its `id`. Raises NotFound."""
    current().request("DELETE", f"/users/me/tokens/{segment(id)}")


def _token(document: Mapping[str, Any]) -> Token:
    return Token(
        id=str(document["id"]),
        label=str(document["label"]),
        kind=str(document["kind"]),
        scopes=tuple(str(scope) for scope in document["scopes"]),
        created_at=str(document["created_at"]),
        expires_at=document.get("expires_at"),
        last_used_at=document.get("last_used_at"),
        token=str(document.get("token") or ""),
    )
