"""Who may do what with which model and dataset."""

from typing import Protocol

from registry.domain.access import AliasAudience, Audience, Standing, Thing


class Access(Protocol):
    def standing(self, thing: Thing, name: str, user_id: int | None) -> Standing | None:
        """How the user (None: nobody) stands to the thing; None when there is no such thing. One indexed query."""
        ...

    def audience(self, model: str) -> Audience: ...

    def set_audience(self, model: str, audience: Audience) -> None:
        """Instead of the one before. Raises InvalidRequest for users that do not exist."""
        ...

    def alias_audiences(self, content_hash: str, owner: str | None, name: str | None) -> list[AliasAudience]:
        """Of the aliases of a dataset; of those of `owner`, of those named `name`, where these are not None."""
        ...

    def set_alias_audiences(self, content_hash: str, owner: str, name: str | None, audience: Audience) -> None:
        """Raises InvalidRequest for users that do not exist."""
        ...
