"""The lease desk: who gets a container, who must give one up for it, and what is warmed ahead."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from builders.identity import Recipe
from registry.domain.entities import ModelVersion, State
from registry.domain.errors.families import WelesError
from registry.domain.errors.lake import CapacityExceeded, EnvironmentNotReady
from registry.domain.errors.model import ModelNotLoadable, ModelNotUsable
from registry.domain.errors.state import Deleted, NotFound
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.desk import Runtimes
from registry.domain.ports.environments import Environments
from registry.domain.ports.images import ImageBuilder
from registry.domain.ports.models import Models
from registry.domain.ports.runner import Ending, ImageGone, RunnableVersion, Runner
from registry.runners import pool
from registry.runners.pool import Member
from registry.runners.run_folder import RunFolder
from registry.runners.uses import Uses

_log = logging.getLogger(__name__)
CONTRACT = 1
_ENDING_SECONDS = 3.0
_AGAIN_SECONDS = 10.0
_MODULE = re.compile(r"[A-Za-z_][\w.]{0,199}", re.ASCII)
_MOST_MODULES = 5000


class LeaseDesk:
    """The `Desk` port, in the process that holds the runner. One container per version, at most `limit` in all.

    `answers(run folder)` says whether somebody answers there: a socket may outlive its container for a moment.
    `modules(run folder)` says what the model's packages have imported, for the containers that are warmed ahead: at
    most `prewarmed` wait for a model, of the images that models were started from in the last `recent_seconds`.
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
        modules: Callable[[Path], object] = lambda _: None,
        prewarmed: int = 0,
        recent_seconds: float = 300.0,
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
        self._modules = modules
        self._prewarmed = prewarmed
        self._recent_seconds = recent_seconds
        # Image → when a model was started from it last, and which.
        self._started: dict[str, tuple[float, str]] = {}
        self._owners: dict[str, int] = {}
        # Image → when it may be tried again to have a container wait.
        self._not_before: dict[str, float] = {}
        self._kept: set[str] = set()
        self._rebuild = rebuild
        self._uses = uses
        self._taken: set[str] = set()
        # While one more is made that will wait: those that waited by then.
        self._waited_before: set[Path] | None = None
        self._changed = threading.Condition()

    def lease(self, version_id: str) -> Path:
        version = self._models.version_by_id(version_id)
        with self._alone(version_id):
            folder = self._runner.running().get(version_id)
            if folder is not None and self._answers(folder):
                return folder
            if folder is not None:
                self._runner.end(version_id, folder)
            runnable = self._runnable(version)
            self._make_room(runnable.image_id)
            try:
                folder = self._runner.start(runnable)
            except ImageGone as gone:
                raise EnvironmentNotReady(version.model, version.number, self._rebuild(version)) from gone
            self._owners[version_id] = version.owner_id
            self._started[runnable.image_id] = time.monotonic(), version_id
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

    def warm_ahead(self) -> None:
        """Have containers wait for the next models of the environments in use; what cannot be had is left."""
        since = time.monotonic() - self._recent_seconds
        recent = {image: started for image, started in self._started.items() if started[0] > since}
        self._started = {image: self._started[image] for image in recent}
        self._not_before = {image: at for image, at in self._not_before.items() if at > time.monotonic()}
        latest = sorted(recent.keys() - self._not_before.keys(), key=lambda image: recent[image], reverse=True)
        missing, surplus = pool.ahead(latest, self._runner.waiting(), most=self._prewarmed)
        for folder in surplus:
            self._runner.end(None, folder)
        for image in missing:
            self._warm(image, recent[image][1])

    def keep(self, version_ids: Iterable[str], touch: Callable[[Path], object]) -> None:
        """Have a container of each, used often enough (`touch`) not to be idle; they give up theirs last.

        Raises what `lease` raises, after it has tried them all.
        """
        self._kept = set(version_ids)
        failed: WelesError | None = None
        for version_id in self._kept:
            folder = self._runner.running().get(version_id)
            try:
                if folder is None:
                    self.lease(version_id)
                elif self._runner.idle().get(version_id, 0.0) > self._recent_seconds / 3:
                    touch(folder)
            except WelesError as error:
                failed = error
        if failed is not None:
            raise failed

    def _warm(self, image: str, version_id: str) -> None:
        sibling = self._runner.running().get(version_id)
        # What waits is a convenience: nothing is ended for it.
        with self._changed:
            if sibling is None or not pool.room([*self._members(), _COMING], self._taken, self._limit):
                return
            self._waited_before = set(self._runner.waiting())
        try:
            like = self._runnable(self._models.version_by_id(version_id))
            self._runner.warm(like, {"contract": CONTRACT, "imports": module_names(self._modules(sibling))})
        except WelesError as error:
            # Its runtime may be older than waiting; or there is no room, or somebody has ended it.
            is_old = isinstance(error, ModelNotLoadable)
            self._not_before[image] = time.monotonic() + (self._recent_seconds if is_old else _AGAIN_SECONDS)
            _log.info("no container waits for models of %s: %s", image, error)
        finally:
            self._waited_before = None

    def _announced(self) -> list[Member]:
        """A container that is about to be made, as long as the runner does not know it."""
        before = self._waited_before
        return [] if before is None or self._runner.waiting().keys() - before else [_COMING]

    def _make_room(self, image: str) -> None:
        """End another container when there is no room for one more. Raises CapacityExceeded."""
        with self._changed:
            fit = next((path for path, waits in self._runner.waiting().items() if waits == image), None)
            # The one that is about to be given this model is not one more.
            members = [each for each in self._members() if each.folder != fit]
            if pool.room([*members, *self._announced()], self._taken, self._limit):
                return
            victim = pool.victim(members)
            if victim is None:
                raise CapacityExceeded(self._limit)
            self._runner.end(victim.version_id, victim.folder)

    def _members(self) -> list[Member]:
        running, waiting, idle = self._runner.running(), self._runner.waiting(), self._runner.idle()
        bound = [
            Member(
                folder,
                version_id,
                self._owner(version_id),
                idle.get(version_id, 0.0),
                loading=version_id in self._taken,
                kept=version_id in self._kept,
            )
            for version_id, folder in running.items()
        ]
        return bound + [Member(folder, None, None, RunFolder(folder).idle_seconds) for folder in waiting]

    def _owner(self, version_id: str) -> int | None:
        if version_id not in self._owners:
            with suppress(NotFound):
                self._owners[version_id] = self._models.version_by_id(version_id).owner_id
        return self._owners.get(version_id)

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


_COMING = Member(Path(), None, None, 0.0)


def module_names(answer: object) -> list[str]:
    """The names of modules in what a container answered; whatever else it says is left out. (pure)"""
    names = answer if isinstance(answer, list) else []
    return [each for each in names[:_MOST_MODULES] if isinstance(each, str) and _MODULE.fullmatch(each)]
