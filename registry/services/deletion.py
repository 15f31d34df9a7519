"""Deleting models and versions: gone for everyone at once, restorable for a time. What comes after is `purge`."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.domain.entities import DeletedThing, User, now
from registry.domain.errors.families import LakeError
from registry.domain.ports.deletion import Deletions
from registry.domain.ports.models import Models
from registry.domain.version_ref import VersionRef
from registry.services.predict import Prediction


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted (`version` None: the model with all its versions), and until when it can be restored."""

    model: str
    version: int | None
    restorable_until: datetime


class DeletionService:
    """`grace_seconds`: how long what was deleted can be restored."""

    def __init__(self, deletions: Deletions, models: Models, prediction: Prediction, *, grace_seconds: int) -> None:
        self._deletions = deletions
        self._models = models
        self._prediction = prediction
        self._grace = timedelta(seconds=grace_seconds)

    def delete_model(self, name: str) -> Deletion:
        """Raises NotFound, Deleted."""
        versions = self._models.versions(name)
        self._deletions.delete_model(name)
        until = now() + self._grace
        for version in versions:
            self._end(version.id)
        return Deletion(name, None, until)

    def delete_version(self, model: str, ref: VersionRef) -> Deletion:
        """Raises NotFound, Deleted."""
        version = self._models.version(model, ref)
        self._deletions.delete_version(version)
        until = now() + self._grace
        self._end(version.id)
        return Deletion(model, version.number, until)

    def restore_model(self, name: str) -> None:
        """Raises NotFound when there is nothing to restore, or no more."""
        self._deletions.restore_model(name, now() - self._grace)

    def restore_version(self, model: str, number: int) -> None:
        """Raises NotFound when there is nothing to restore, or no more."""
        self._deletions.restore_version(model, number, now() - self._grace)

    def restorable(self, viewer: User) -> list[tuple[DeletedThing, datetime]]:
        """What can be restored, each with the moment from which on its bytes go: the viewer's own, or everything."""
        found = self._deletions.restorable(viewer, now() - self._grace)
        return [(each, each.deleted_at + self._grace) for each in found]

    def _end(self, version_id: str) -> None:
        # Nobody can lease a container for it any more; one that cannot be ended now is ended by the worker's round.
        with suppress(LakeError):
            self._prediction.end(version_id)
