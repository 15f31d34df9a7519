"""The end of models, versions and datasets."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from registry.domain.entities import DeletedThing, ModelVersion, User


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
