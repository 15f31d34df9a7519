"""How often and when environments are used, kept for those who prune images; away from the way of a prediction."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from registry.domain.entities import now
from registry.domain.upkeep import UpkeepRecords

_log = logging.getLogger(__name__)
# A container that answers all day is used more than one that is asked once: every such time counts anew.
_COUNT_SECONDS = 3600.0


@dataclass(slots=True)
class _Use:
    environment_id: str
    counted: float
    answered: float


class Uses:
    """Written down when a container starts, for every hour in which it answers, and when it is over.

    `environment_of` says which environment a version runs in.
    """

    def __init__(self, records: UpkeepRecords, environment_of: Callable[[str], str | None]) -> None:
        self._records = records
        self._environment_of = environment_of
        self._uses: dict[str, _Use] = {}

    def begun(self, version_id: str, environment_id: str) -> None:
        """A container was given to somebody for this version."""
        self._uses[version_id] = _Use(environment_id, time.time(), time.time())
        self._write(environment_id, 0.0, 1)

    def look(self, idle_seconds: Mapping[str, float]) -> None:
        """Look at when the containers that run have answered last; at those that are over, for the last time."""
        for version_id, idle in idle_seconds.items():
            use = self._uses.get(version_id) or self._taken_over(version_id)
            if use is None or idle == float("inf"):
                continue
            use.answered = max(use.answered, time.time() - idle)
            if use.answered - use.counted > _COUNT_SECONDS:
                use.counted = use.answered
                self._write(use.environment_id, time.time() - use.answered, 1)
        for version_id in [each for each in [*self._uses] if each not in idle_seconds]:
            use = self._uses.pop(version_id)
            self._write(use.environment_id, time.time() - use.answered, 0)

    def _taken_over(self, version_id: str) -> _Use | None:
        """Of a container that an earlier worker started: it was counted then."""
        environment_id = self._environment_of(version_id)
        if environment_id is None:
            return None
        use = self._uses[version_id] = _Use(environment_id, time.time(), 0.0)
        return use

    def _write(self, environment_id: str, seconds_ago: float, uses: int) -> None:
        try:
            self._records.used(environment_id, now() - timedelta(seconds=seconds_ago), uses)
        except Exception:
            # Nobody's prediction fails because it could not be counted.
            _log.exception("noting the use of %s", environment_id)
