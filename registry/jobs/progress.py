"""What a job says of itself while it works: often enough to watch, and how it learns that it was cancelled."""

import time

from registry.domain.entities import JobState, Phase
from registry.domain.errors.state import Cancelled
from registry.domain.ports.jobs import Jobs

_SECONDS_BETWEEN_WRITES = 0.3


class JobProgress:
    """The progress of one job of any kind but preparation, whose builds are shared: `registry.jobs.report`."""

    def __init__(self, jobs: Jobs, job_id: str) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._phase: Phase | None = None
        self._written = 0.0

    def update(self, phase: Phase, percent: float, detail: str) -> None:
        """Say where it is; a new phase at once, else now and then. Raises Cancelled when nobody wants it any more."""
        moment = time.monotonic()
        if phase is self._phase and moment - self._written < _SECONDS_BETWEEN_WRITES:
            return
        self._phase, self._written = phase, moment
        if not self._jobs.update(self._job_id, JobState.RUNNING, phase, round(percent, 1), detail):
            raise Cancelled("job")

    def check(self) -> None:
        """Raises Cancelled when nobody wants it any more."""
        if self._jobs.get(self._job_id).state is JobState.CANCELLED:
            raise Cancelled("job")

    def log(self, line: str) -> None:
        self._jobs.log(self._job_id, [line])
