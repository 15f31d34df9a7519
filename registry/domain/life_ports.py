"""Ports of a model's life: its aliases, and its end. As in `registry.domain.ports`."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from registry.domain.entities import Alias, AliasMove, DeletedThing, ModelVersion, User
from registry.domain.warmth import Warmth


class Aliases(Protocol):
    """Movable names of versions. Where `expected` is given, the alias must be at that number now (0: not there)."""

    def of_model(self, model: str) -> list[Alias]: ...

    def put(self, model: str, alias: str, version: ModelVersion, by: User, expected: int | None = None) -> Alias:
        """Make the alias, or move it. Raises AliasMoved, Deleted."""
        ...

    def remove(self, model: str, alias: str, by: User, expected: int | None = None) -> None:
        """Raises NotFound, AliasMoved."""
        ...

    def moves(self, model: str, alias: str) -> list[AliasMove]:
        """The alias's history, oldest first."""
        ...


class KeptWarm(Protocol):
    """Which models have a container before anybody asks."""

    def of(self, model: str) -> Warmth: ...

    def keep(self, model: str, hours: str | None, limit: int) -> None:
        """Raises TooManyKept when `limit` others are kept."""
        ...

    def let_go(self, model: str) -> None: ...

    def versions(self, at: datetime) -> list[str]:
        """The ids of what to keep warm at that moment: of each model `production`, else the newest ready version."""
        ...


class Deletions(Protocol):
    """Deleting models and versions: gone at once, restorable for a time, then purged."""

    def delete_model(self, name: str) -> None:
        """Raises NotFound, Deleted."""
        ...

    def delete_version(self, version: ModelVersion) -> None: ...

    def restore_model(self, name: str, deleted_after: datetime) -> None:
        """Raises NotFound when it is not deleted, or was before that moment."""
        ...

    def restore_version(self, model: str, number: int, deleted_after: datetime) -> None:
        """Raises NotFound as `restore_model`."""
        ...

    def restorable(self, viewer: User, deleted_after: datetime) -> list[DeletedThing]:
        """What was deleted after that moment, the latest first: the viewer's own; for administrators everything."""
        ...

    def deleted_versions(self) -> list[str]:
        """The ids of all that are deleted and not purged yet."""
        ...

    def due(self, deleted_before: datetime) -> list[str]:
        """The ids of versions that may be purged: deleted before that moment, and no job is at work on them."""
        ...

    def purge_version(self, version_id: str, deleted_before: datetime) -> bool:
        """Remove the version's rows for good, if it is still due; whether it was."""
        ...

    def purge_models(self, deleted_before: datetime) -> int:
        """Remove models that were deleted before that moment and have no version left; how many."""
        ...

    def purge_datasets(self, deleted_before: datetime) -> int:
        """Remove datasets that lost their last name before that moment and that no version was made with; how many."""
        ...

    def referenced(self, digests: Collection[str]) -> set[str]:
        """Those of the digests whose bytes something in the database still needs."""
        ...
