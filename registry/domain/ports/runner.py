"""Containers of model versions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from registry.domain.entities import Json


@dataclass(frozen=True, slots=True)
class RunnableVersion:
    """What a runner must know to run a version: nothing of who or why.

    The image by its id, for where it was built, and by its place in a registry, for elsewhere; the model's file by its
    path and by its blob, likewise.
    """

    id: str
    image_id: str
    model_file: Path
    manifest: Json
    environment_id: str = ""
    image_reference: str | None = None
    model_blob: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a container ended. `exit_code` is None while it is not known."""

    exit_code: int | None
    out_of_memory: bool


class ImageGone(Exception):
    """Somebody has removed the image from the engine."""


class Runner(Protocol):
    """Containers of model versions, one per version, in run folders. Contract: runtime-images/CONTRACT.md."""

    def start(self, version: RunnableVersion) -> Path:
        """Start a container, or give the model to one that waits, and wait until it answers; its run folder.

        Raises ImageGone, ModelNotLoadable, ModelOutOfMemory, ModelDied, BlobUnavailable, BuilderUnavailable.
        """
        ...

    def warm(self, like: RunnableVersion, order: Json) -> Path:
        """Start a container of that version's image that imports what `order` names (warm.json) and waits for a model.

        Raises what `start` raises: an image's runtime may be too old to wait.
        """
        ...

    def waiting(self) -> dict[Path, str]:
        """Run folder → image id of every container that has no model yet."""
        ...

    def running(self) -> dict[str, Path]:
        """Version id → run folder of every container of this lake that is up."""
        ...

    def idle(self) -> dict[str, float]:
        """Version id → seconds since its container's last answer, or start; infinite for one that is gone, or lies."""
        ...

    def renew(self) -> None:
        """Renew the leases of all that run here, so that they do not end themselves."""
        ...

    def end(self, version_id: str | None, folder: Path) -> None:
        """Stop and remove the version's container if it is the one of this run folder; else nothing happens.

        None: a container that has no model yet.
        """
        ...

    def ending(self, folder: Path, wait_seconds: float) -> Ending:
        """How the container of this run folder ended; waits a little for the news."""
        ...

    def close(self) -> None:
        """Stop and remove every container of this lake."""
        ...
