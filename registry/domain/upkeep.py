"""What the lake remembers of its images, so that an operator, or a full disk, can choose which to give up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from builders.stored_images import Removal, Store
from registry.domain.entities import Json, State


@dataclass(frozen=True, slots=True)
class UsedBy:
    """A version that is not deleted, and runs in the environment."""

    model: str
    number: int
    state: State

    def __str__(self) -> str:
        return f"{self.model}/{self.number}"


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """`uses` counts containers; `used_at` is the last answer of one. `at_work`: a job waits for the environment.

    `build_seconds` of the last build; None when it was made before that was kept.
    """

    id: str
    language: str
    state: State
    created_at: datetime
    built_at: datetime | None
    build_seconds: float | None
    uses: int
    used_at: datetime | None
    pinned: bool
    at_work: bool
    versions: tuple[UsedBy, ...]


@dataclass(frozen=True, slots=True)
class Pruning:
    """An image that was removed: when, why, and what it freed with those that were removed before it."""

    environment_id: str
    at: datetime
    reason: str
    freed_bytes: int
    build_seconds: float | None
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which images may go: all that is set must be true of one. `keep_bytes` or `free_bytes`: and no more than needed.

    `unused`: no version that is not deleted needs it; `failed`: none that works.
    """

    built_before: timedelta | None = None
    idle_for: timedelta | None = None
    unused: bool = False
    failed: bool = False
    keep_bytes: int | None = None
    free_bytes: int | None = None


class ImageStore(Protocol):
    """The images on the engine: `builders.docker_images.DockerImages`, which says what each method does and raises."""

    def look(self) -> Store: ...

    def remove(self, image_ids: Sequence[str]) -> Removal: ...


class UpkeepRecords(Protocol):
    def records(self) -> list[EnvironmentRecord]:
        """Of every environment, the oldest first."""
        ...

    def built(self, environment_id: str, seconds: float) -> None:
        """It was built just now."""
        ...

    def used(self, environment_id: str, at: datetime, uses: int = 0) -> None:
        """So many containers more, the last answer at that time."""
        ...

    def pin(self, environment_id: str, pinned: bool) -> None:
        """A pinned image is never pruned."""
        ...

    def add_prunings(self, prunings: Sequence[Pruning]) -> None: ...

    def prunings(self, newest: int) -> list[Pruning]:
        """The newest first."""
        ...


def pruning_document(pruning: Pruning) -> Json:
    """For programs."""
    return {
        "environment": pruning.environment_id,
        "at": pruning.at.isoformat(),
        "reason": pruning.reason,
        "freed_bytes": pruning.freed_bytes,
        "build_seconds": pruning.build_seconds,
        "models": [*pruning.models],
    }
