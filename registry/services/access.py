"""Who may do what: asked once per request by the guard of the web application, and by services that follow a name."""

from registry.domain.access import AliasAudience, Audience, Right, Thing, Visibility, rights
from registry.domain.entities import User
from registry.domain.errors.access import Forbidden
from registry.domain.errors.invalid import InvalidRequest
from registry.domain.errors.state import NotFound
from registry.domain.ports.access import Access

_HINTS = {Thing.DATASET: "Datasets are named by their hash: sha256: and 64 hex digits."}


class AccessService:
    """The rights of callers on models, datasets, jobs and environments."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def may(self, user: User | None, right: Right, thing: Thing, name: str) -> bool:
        """One indexed query."""
        return right in rights(self._access.standing(thing, name, None if user is None else user.id), user)

    def require(self, user: User | None, right: Right, thing: Thing, name: str) -> None:
        """One indexed query. Raises NotFound when `user` may not even see it, Forbidden when that is all they may."""
        had = rights(self._access.standing(thing, name, None if user is None else user.id), user)
        if Right.SEE not in had:
            raise NotFound(thing.value, name, next=_HINTS.get(thing, ""))
        if right not in had:
            raise Forbidden(f"The {thing} {name!r} is another user's: you may see it, but not {right} it.")

    def audience(self, model: str) -> Audience:
        """Whom the model is for."""
        return self._access.audience(model)

    def share_model(self, model: str, audience: Audience) -> None:
        """Raises InvalidRequest for users that do not exist."""
        self._access.set_audience(model, _checked(audience))

    def alias_audiences(self, user: User, content_hash: str) -> list[AliasAudience]:
        """Whom the user's own aliases of the dataset are for; for an administrator everybody's."""
        return self._access.alias_audiences(content_hash, None if user.is_admin else user.name, None)

    def share_aliases(
        self, user: User, content_hash: str, audience: Audience, *, owner: str | None = None, name: str | None = None
    ) -> list[AliasAudience]:
        """Say whom the owner's alias `name` (or all of theirs) is for; the owner is the user, if not another one.

        Raises NotFound for an alias that is not there or not theirs to share, InvalidRequest for users that do not
        exist.
        """
        owner = owner or user.name
        theirs = owner == user.name or user.is_admin
        if not theirs or not self._access.alias_audiences(content_hash, owner, name):
            raise NotFound("alias", name or content_hash, next="Name one of yours: the dataset's info lists them.")
        self._access.set_alias_audiences(content_hash, owner, name, _checked(audience))
        return self._access.alias_audiences(content_hash, owner, name)


def _checked(audience: Audience) -> Audience:
    if (audience.visibility is Visibility.SHARED) != bool(audience.users):
        problem = {"field": "users", "reason": "name users for `shared`, and for nothing else"}
        raise InvalidRequest("Users and visibility do not go together.", problems=[problem])
    return audience
