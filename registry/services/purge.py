"""What is left of deleted models and datasets, and of bytes that nobody needs: ended and freed, round by round."""

import logging
from datetime import timedelta

from registry.domain.entities import now
from registry.domain.errors.families import WelesError
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.deletion import Deletions
from registry.services.freeing import Freeing
from registry.services.predict import Prediction

_log = logging.getLogger(__name__)


class Purge:
    """Each of its rounds may be broken off at any point, and be run by several at once."""

    def __init__(self, deletions: Deletions, blobs: Blobs, prediction: Prediction, *, grace_seconds: int) -> None:
        self._deletions = deletions
        self._freeing = Freeing(deletions, blobs)
        self._prediction = prediction
        self._grace = timedelta(seconds=grace_seconds)

    def end_deleted(self) -> None:
        """End the containers of what is deleted: one may have been starting just then."""
        for version_id in self._deletions.deleted_versions():
            self._end(version_id)

    def purge(self) -> int:
        """Remove for good what was deleted longer ago than the time of grace; how many versions and datasets."""
        before, purged = now() - self._grace, 0
        for version_id in self._deletions.due(before):
            self._end(version_id)
            try:
                purged += self._deletions.purge_version(version_id, before)
            except Exception:
                # One that cannot be removed must not keep the others.
                _log.exception("purging the version %s", version_id)
        self._deletions.purge_models(before)
        return purged + self._deletions.purge_datasets(before)

    def free(self) -> int:
        """Free the bytes that nothing needs, and what uploads left half-written; how many contents."""
        return self._freeing.free().contents

    def _end(self, version_id: str) -> None:
        try:
            self._prediction.end(version_id)
        except WelesError as error:
            _log.warning("the container of %s: %s", version_id, error)
