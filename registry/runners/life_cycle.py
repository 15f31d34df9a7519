"""The life of a container from its start to its end, as far as it is the same wherever containers run."""

import logging
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Generic

from registry.domain.entities import Json
from registry.domain.errors.model import ModelDied, ModelNotLoadable, ModelOutOfMemory
from registry.domain.ports.runner import Ending, RunnableVersion
from registry.runners.roster import UNKNOWN, Kind, Roster
from registry.runners.run_folder import RunFolders
from registry.settings import Settings

_log = logging.getLogger(__name__)
_AGES = 2


class EndedItself(Exception):
    """Before it was up: idle, or too old."""


class NotGiven(Exception):
    """A container that waits cannot be given its model; another one may do."""


class LifeCycle(ABC, Generic[Kind]):
    """The part of the `Runner` port that all runners have in common; each says below how its containers are made."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folders = RunFolders(settings.run_folder)
        self._roster: Roster[Kind] = Roster()
        # What is in the container cannot see the limit on its processors.
        self._threads = max(1, int(settings.container_cpus))
        # Containers end themselves at their age; what has not is hostile, or hangs.
        self._oldest_seconds = _AGES * settings.age_seconds

    @abstractmethod
    def _create(self, version: RunnableVersion, order: Json | None) -> Kind:
        """A container of the version's image, on the roster: with its model, or (`order`) one that waits for any.

        Raises ImageGone, BlobUnavailable, BuilderUnavailable.
        """

    @abstractmethod
    def _give(self, waiting: Kind, version: RunnableVersion) -> None:
        """Give it the model, whose alone it is from now on. Raises NotGiven, or why no other could be given it."""

    @abstractmethod
    def _wait(self, begun: Kind) -> None:
        """Until it has its model, or waits for one. Raises why it will not come to that."""

    @abstractmethod
    def _remove(self, left: Kind) -> None:
        """Have it gone, which it may be already. Raises BuilderUnavailable."""

    def start(self, version: RunnableVersion) -> Path:
        waiting = self._bind(version)
        if waiting is not None:
            try:
                return self._load(waiting, version)
            except EndedItself:
                _log.info("a container that waited ended just before it was given a model; starting another")
        try:
            return self._load(self._create(version, None), version)
        except EndedItself:
            raise ModelDied(0) from None

    def warm(self, like: RunnableVersion, order: Json) -> Path:
        begun = self._create(like, {**order, "threads": self._threads})
        try:
            self._come_up(begun)
        except EndedItself:
            raise ModelDied(0) from None
        return begun.folder.path

    def running(self) -> dict[str, Path]:
        return {each.version_id: each.folder.path for each in self._roster.all() if each.version_id is not None}

    def waiting(self) -> dict[Path, str]:
        return {each.folder.path: each.image_id for each in self._roster.all() if each.version_id is None}

    def end(self, version_id: str | None, folder: Path) -> None:
        left = self._roster.leave(version_id, folder)
        if left is not None:
            self._clear_away(left)

    def ending(self, folder: Path, wait_seconds: float) -> Ending:
        return self._roster.ending(folder, wait_seconds) or UNKNOWN

    def _clear_away(self, left: Kind) -> None:
        try:
            self._remove(left)
        finally:
            self._folders.discard(left.version_id, left.folder)

    def _bind(self, version: RunnableVersion) -> Kind | None:
        """A container of the version's image that waited, and has been given its model."""
        bound = self._roster.bind(version.image_id, version.id)
        if bound is None:
            return None
        try:
            self._give(bound, version)
        except NotGiven as error:
            _log.info("the waiting container %s cannot be given a model (%s); starting another", bound.id, error)
            self.end(version.id, bound.folder.path)
            return None
        except BaseException:
            self.end(version.id, bound.folder.path)
            raise
        return bound

    def _load(self, begun: Kind, version: RunnableVersion) -> Path:
        self._come_up(begun)
        self._folders.assign(version.id, begun.folder)
        return begun.folder.path

    def _come_up(self, begun: Kind) -> None:
        """Wait for it; end it when it does not come up."""
        try:
            self._wait(begun)
        except BaseException:
            self.end(begun.version_id, begun.folder.path)
            raise
        self._roster.settle(begun)

    def _why(self, ending: Ending, failure: Json | None) -> Exception:
        """Why it ended before it was up; `failure` is what the runtime wrote."""
        if ending.out_of_memory:
            return ModelOutOfMemory(self._settings.container_memory)
        if failure is not None:
            return ModelNotLoadable(failure["class"], failure["message"], failure["traceback"])
        if ending.exit_code == 0:
            return EndedItself()
        return ModelDied(ending.exit_code)
