"""Who may do what: asked once per request by the guard of the web application, and by services that follow a name."""

from registry.domain.access import Right, Thing, rights
from registry.domain.entities import User
from registry.domain.errors import Forbidden, NotFound
from registry.domain.ports import Access

_HINTS = {Thing.DATASET: "Datasets are named by their hash: sha256: and 64 hex digits."}


class AccessService:
    """The rights of callers on models, datasets, jobs and environments."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def require(self, user: User | None, right: Right, thing: Thing, name: str) -> None:
        """One indexed query. Raises NotFound when `user` may not even see it, Forbidden when that is all they may."""
        had = rights(self._access.standing(thing, name, None if user is None else user.id), user)
        if Right.SEE not in had:
            raise NotFound(thing.value, name, next=_HINTS.get(thing, ""))
        if right not in had:
            raise Forbidden(f"The {thing} {name!r} is another user's: you may see it, but not {right} it.")
