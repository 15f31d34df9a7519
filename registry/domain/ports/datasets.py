"""Datasets and their aliases."""

from typing import Protocol

from registry.domain.entities import Dataset, DatasetAlias, Json, User


class Datasets(Protocol):
    def add(self, dataset: Dataset, alias: DatasetAlias, owner_id: int) -> None:
        """Adding what is there already only takes back its deletion; a new alias of the same content is added."""
        ...

    def add_alias(self, content_hash: str, alias: DatasetAlias, owner_id: int) -> bool:
        """False when the owner has given it that name before. Raises NotFound."""
        ...

    def get(self, content_hash: str) -> Dataset:
        """Raises NotFound."""
        ...

    def describe(self, content_hash: str, missing: int, statistics: list[Json]) -> None:
        """Keep what was counted."""
        ...

    def aliases(self, content_hash: str, viewer: User | None) -> list[DatasetAlias]:
        """Those that `viewer` may see (None: who has no token), oldest first."""
        ...

    def edit_alias(self, content_hash: str, owner: str, alias: str, **changes: str) -> None:
        """Set `name` or `description` of the owner's alias. Raises NotFound, Exists."""
        ...

    def remove_alias(self, content_hash: str, owner: str, alias: str) -> None:
        """The dataset is deleted with its last alias. Raises NotFound."""
        ...
