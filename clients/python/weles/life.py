"""What happens to a model after its upload: it is described, named, cited, deleted, restored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weles.connection import current, segment
from weles.errors import InvalidRequest

__all__ = [
    "alias_history",
    "aliases",
    "card",
    "cite",
    "delete",
    "deleted",
    "edit",
    "keep_warm",
    "remove_alias",
    "restore",
    "set_alias",
    "set_card",
    "versions",
    "warmth",
]


def versions(name: str) -> list[dict[str, Any]]:
    """All versions, oldest first: {version, hash, state, description, tags, created_at} each. Raises NotFound."""
    return list(current().json("GET", f"{_path(name)}/versions")["versions"])


def aliases(name: str) -> dict[str, int]:
    """The number of the version that each alias names. Raises NotFound."""
    listed = current().json("GET", f"{_path(name)}/aliases")["aliases"]
    return {str(each["name"]): int(each["version"]) for each in listed}


def set_alias(name: str, alias: str, version: int | str, *, expected: int | None = None) -> int:
    """Make an alias, or move it, to a version that is ready; the version's number.

    `expected`: the number where it must be now (0: nowhere), so that nobody's move is undone unseen.
    Raises AliasMoved when it is elsewhere, NotFound, EnvironmentNotReady, ModelNotUsable.
    """
    body: dict[str, Any] = {"version": str(version)}
    if expected is not None:
        body["expected"] = expected
    return int(current().send_json("PUT", f"{_path(name)}/aliases/{segment(alias)}", body)["version"])


def remove_alias(name: str, alias: str, *, expected: int | None = None) -> None:
    """Take an alias away; the version stays. Raises NotFound, and AliasMoved as `set_alias`."""
    current().request("DELETE", f"{_path(name)}/aliases/{segment(alias)}", params={"expected": expected})


def alias_history(name: str, alias: str) -> list[dict[str, Any]]:
    """Where the alias has been, oldest first: {version_before, version_after, moved_by, moved_at} each."""
    return list(current().json("GET", f"{_path(name)}/aliases/{segment(alias)}")["history"])


def card(name: str) -> str:
    """The model's card: Markdown, as it was written; empty when there is none. Raises NotFound."""
    answer = current().request("GET", f"{_path(name)}/card", accept="text/markdown")
    return answer.content.decode("utf-8")


def set_card(name: str, text: str) -> None:
    """Write the model's card; an empty text takes it away."""
    current().request("PUT", f"{_path(name)}/card", body=text.encode(), content_type="text/markdown; charset=utf-8")


def warmth(name: str) -> dict[str, Any]:
    """Whether the lake keeps a container of the model up: {min_warm, hours}. Raises NotFound."""
    return current().json("GET", f"{_path(name)}/warm")


def keep_warm(name: str, min_warm: int = 1, *, hours: str | None = None) -> dict[str, Any]:
    """Keep a container of `production` (else of the newest version) up, so that nobody waits for it; 0 lets it go.

    `hours` of the day in UTC, as "07:00-19:00"; None: always. Raises TooManyKept, InvalidRequest, NotFound, Forbidden.
    """
    return current().send_json("PUT", f"{_path(name)}/warm", {"min_warm": min_warm, "hours": hours})


def edit(name: str, *, description: str | None = None, tags: Sequence[str] | None = None) -> dict[str, Any]:
    """Change what is given; versions keep what was said of them, and later uploads leave this as it is.

    The model's {name, owner, description, tags, edited_at}. Raises NotFound, Forbidden.
    """
    if isinstance(tags, str):
        raise InvalidRequest(f"The tags are the one text {tags!r}.", next=f"Give a list: [{tags!r}].")
    given = {"description": description, "tags": None if tags is None else list(tags)}
    return current().send_json("PATCH", _path(name), {key: value for key, value in given.items() if value is not None})


def delete(name: str, version: int | str | None = None) -> dict[str, Any]:
    """Delete a version, or, without one, the model with all its versions: gone at once, for everyone.

    {model, version, restorable_until}: until then `restore` brings it back. Raises NotFound, Deleted, Forbidden.
    """
    return current().json("DELETE", _path(name) + _version(version))


def restore(name: str, version: int | None = None) -> None:
    """Bring back what was deleted. Raises NotFound when it was not, or too long ago."""
    current().request("POST", f"{_path(name)}{_version(version)}/restore")


def deleted() -> list[dict[str, Any]]:
    """What of yours is deleted and can be restored, the latest first; for administrators everybody's.

    {kind, name, version, owner, size, deleted_at, restorable_until} each: a model with all its versions, a version, or
    a dataset (`name` is its hash) that nobody has a name for, which another upload brings back. From
    `restorable_until` on it is removed for good, and its bytes go.
    """
    return list(current().json("GET", "/deleted")["deleted"])


def cite(name: str, version: int | str | None = None) -> str:
    """How to cite a version (by default the one that predicts), with a link that stays."""
    return str(current().json("GET", _path(name), params={"version": version})["citation"])


def _path(name: str) -> str:
    return f"/models/{segment(name)}"


def _version(version: int | str | None) -> str:
    return "" if version is None else f"/versions/{segment(str(version))}"
