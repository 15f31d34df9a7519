"""The lease desk, and what it builds on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from builders.bases import Base
from builders.identity import Recipe
from registry.domain.ports.runner import Ending


@dataclass(frozen=True, slots=True)
class Runtimes:
    """The base images that are there, and by language the recipe by which environments are built on them."""

    bases: tuple[Base, ...]
    recipes: Mapping[str, Recipe]


class Desk(Protocol):
    """The lease desk, as the web process sees it: it grants a container for a version."""

    def lease(self, version_id: str) -> Path:
        """The run folder of a container that answers for the version, started now if there is none.

        When the version's image is gone, a job begins to make it again, and EnvironmentNotReady names it.
        Raises what `Runner.start` raises, CapacityExceeded, EnvironmentNotReady and NotFound.
        """
        ...

    def end(self, version_id: str, folder: Path) -> None:
        """End the container of this run folder; a newer one of the version is left alone."""
        ...

    def ending(self, folder: Path) -> Ending: ...

    def rebuild(self, version_id: str) -> str | None:
        """The job that makes the image of a ready version again, begun now; None when the image is there."""
        ...

    def runtimes(self) -> Runtimes:
        """What environments can be built on."""
        ...
