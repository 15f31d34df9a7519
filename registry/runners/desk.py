"""The lease desk: who gets a container, and who must give one up for it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from builders.identity import Recipe
from registry.domain.entities import ModelVersion, State
from registry.domain.errors import CapacityExceeded, Deleted, EnvironmentNotReady, ModelNotUsable
from registry.domain.ports import (
    Blobs,
    Ending,
    Environments,
    ImageBuilder,
    ImageGone,
    Models,
    RunnableVersion,
    Runner,
    Runtimes,
)
from registry.runners.uses import Uses

CONTRACT = 1
# A container that answered this short a time ago is at work for somebody: it is not taken away.
BUSY_SECONDS = 2.0
_ENDING_SECONDS = 3.0


class LeaseDesk:
    """The `Desk` port, in the process that holds the runner. One container per version, at most `limit` in all.

    `answers(run folder)` says whether somebody answers there: a socket may outlive its container for a moment.
    `rebuild(version)` has an image that is gone made again, and gives the job.
    """

    def __init__(
        self,
        *,
        runner: Runner,
        models: Models,
        environments: Environments,
        blobs: Blobs,
        builder: ImageBuilder,
        recipes: Mapping[str, Recipe],
        limit: int,
        answers: Callable[[Path], bool],
        rebuild: Callable[[ModelVersion], str],
        uses: Uses | None = None,
    ) -> None:
        self._runner = runner
        self._models = models
        self._environments = environments
        self._blobs = blobs
        self._builder = builder
        self._recipes = recipes
        self._limit = limit
        self._answers = answers
        self._rebuild = rebuild
        self._uses = uses
        self._taken: set[str] = set()
        self._changed = threading.Condition()

    def lease(self, version_id: str) -> Path:
        version = self._models.version_by_id(version_id)
        with self._alone(version_id):
            folder = self._runner.running().get(version_id)
            if folder is not None and self._answers(folder):
                return folder
            if folder is not None:
                self._runner.end(version_id, folder)
            self._make_room()
            try:
                folder = self._runner.start(self._runnable(version))
            except ImageGone as gone:
                raise EnvironmentNotReady(version.model, version.number, self._rebuild(version)) from gone
            if self._uses is not None and version.environment_id is not None:
                self._uses.begun(version_id, version.environment_id)
            return folder

    def end(self, version_id: str, folder: Path) -> None:
        with self._alone(version_id):
            self._runner.end(version_id, folder)

    def ending(self, folder: Path) -> Ending:
        return self._runner.ending(folder, _ENDING_SECONDS)

    def rebuild(self, version_id: str) -> str | None:
        version = self._models.version_by_id(version_id)
        if version.state is not State.READY or version.environment_id is None:
            return None
        return self._rebuild(version) if self._builder.exists(version.environment_id) is None else None

    def runtimes(self) -> Runtimes:
        bases = self._builder.bases()
        return Runtimes(tuple(base for base in bases if base.language in self._recipes), self._recipes)

    @contextmanager
    def _alone(self, version_id: str) -> Iterator[None]:
        """One at a time starts or ends a version's container; those who wanted the same find it done."""
        with self._changed:
            self._changed.wait_for(lambda: version_id not in self._taken)
            self._taken.add(version_id)
        try:
            yield
        finally:
            with self._changed:
                self._taken.discard(version_id)
                self._changed.notify_all()

    def _make_room(self) -> None:
        """End the container that has been idle longest when there is no room for one more. Raises CapacityExceeded."""
        with self._changed:
            running = self._runner.running()
            if len(running.keys() | self._taken) <= self._limit:
                return
            idle = {
                version_id: seconds
                for version_id, seconds in self._runner.idle().items()
                if version_id not in self._taken
            }
            victim = longest_idle(idle)
            if victim is None:
                raise CapacityExceeded(self._limit)
            self._runner.end(victim, running[victim])

    def _runnable(self, version: ModelVersion) -> RunnableVersion:
        if version.deleted_at is not None:
            raise Deleted("version", f"{version.model}/{version.number}", version.deleted_at)
        if version.state is State.FAILED:
            raise ModelNotUsable(version.model, version.number, version.problem)
        if version.image_id is None:
            raise EnvironmentNotReady(version.model, version.number, None)
        manifest = {
            "contract": CONTRACT,
            "flavour": version.flavour,
            "format": version.format,
            "file": "model",
            "target": version.target,
            "inputs": version.inputs,
        }
        environment_id = version.environment_id or ""
        return RunnableVersion(
            version.id,
            version.image_id,
            self._blobs.path(version.model_blob),
            manifest,
            environment_id=environment_id,
            image_reference=self._environments.environment(environment_id).image_reference if environment_id else None,
            model_blob=version.model_blob,
        )


def longest_idle(idle_seconds: Mapping[str, float]) -> str | None:
    """The one to give up; None when all are at work. (pure)"""
    candidates = {each: seconds for each, seconds in idle_seconds.items() if seconds >= BUSY_SECONDS}
    return max(candidates, key=candidates.__getitem__, default=None)
