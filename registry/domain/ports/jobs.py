"""Work that outlasts a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from registry.domain.entities import Job, JobKind, JobState, Json, Phase


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be queued; `id` is 32 hex digits, `request` a document of the kind's own."""

    id: str
    kind: JobKind
    version_id: str
    owner_id: int
    request: Json


@dataclass(frozen=True, slots=True)
class Unfinished:
    """As much of a job that is queued or running as its runner must know."""

    id: str
    kind: JobKind
    version_id: str


class Jobs(Protocol):
    """What is over (succeeded, failed, cancelled) is never changed again."""

    def add(self, job: NewJob) -> str:
        """Queue the job; the id of the unfinished one instead when its owner has asked for the same already."""
        ...

    def get(self, job_id: str) -> Job:
        """Raises NotFound."""
        ...

    def of_owner(self, owner_id: int, *, state: JobState | None, offset: int, limit: int) -> list[Job]:
        """The owner's jobs, the newest first."""
        ...

    def of_version(self, version_id: str) -> str | None:
        """The job that prepares, or prepared, the version."""
        ...

    def unfinished(self) -> list[Unfinished]:
        """Every job that is queued or running, oldest first."""
        ...

    def progress(self, scope: str, phase: Phase, percent: float, detail: str) -> None:
        """Tell every running job that waits for this resolution (its key) or environment (its id)."""
        ...

    def update(
        self,
        job_id: str,
        state: JobState,
        phase: Phase,
        percent: float,
        detail: str,
        problem: Json | None = None,
        result: Json | None = None,
    ) -> bool:
        """Whether the job was not over yet, and therefore is now as said."""
        ...

    def cancel(self, job_id: str) -> None:
        """End the job as cancelled, and with it, as failed, the version that it was preparing."""
        ...

    def is_wanted(self, scope: str) -> bool:
        """Whether an unfinished job waits for this resolution (its key) or environment (its id)."""
        ...

    def log(self, scope: str, lines: Sequence[str]) -> None:
        """Append lines; `scope` is a job's id, a resolution's key, or an environment's id."""
        ...

    def log_after(self, job_id: str, after: int) -> list[tuple[int, str]]:
        """(number, line) of the job and of what it shares with others, later than `after`, in order."""
        ...
