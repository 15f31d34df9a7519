"""Containers of model versions on a Docker Engine, and those that wait for a model."""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException

from registry.domain.entities import Json
from registry.domain.errors.lake import BlobUnavailable, BuilderUnavailable
from registry.domain.errors.model import ModelDied, ModelNotLoadable, ModelOutOfMemory
from registry.domain.ports.runner import Ending, ImageGone, RunnableVersion
from registry.runners.run_folder import RunFolder, RunFolders
from registry.runners.run_options import options
from registry.settings import Settings

_log = logging.getLogger(__name__)
_NOBODY = 65534
_ROLE, _FOLDER = "weles.role", "weles.folder"
_POLL_SECONDS = 0.005
_ENDINGS_KEPT = 256
_AGES = 2
_UNKNOWN = Ending(None, False)


@dataclass(slots=True)
class _Container:
    """One that is up. `version_id` is None while it has no model; `settled`: it has come up, nobody waits for that."""

    id: str
    image_id: str
    folder: RunFolder
    started: float
    version_id: str | None
    settled: bool = False


class DockerRunner:
    """The `Runner` port. All that belongs to this lake carries the label `weles=<lake id>`.

    Docker's events say how containers end: they remove themselves, so nothing could be asked afterwards.
    """

    def __init__(self, client: docker.DockerClient, lake: str, settings: Settings) -> None:
        self._client = client
        self._lake = lake
        self._settings = settings
        self._folders = RunFolders(settings.run_folder)
        # By the name of the run folder.
        self._containers: dict[str, _Container] = {}
        # By the name of the run folder, oldest first.
        self._endings: dict[str, Ending] = {}
        self._news = threading.Condition()
        self._uid, self._gid = (os.getuid(), os.getgid()) if os.getuid() else (_NOBODY, _NOBODY)
        # What is in the container cannot see the limit on its processors.
        self._threads = max(1, int(settings.container_cpus))

    def open(self) -> None:
        """Listen to the engine; take over what still runs from before, remove the rest. Raises BuilderUnavailable."""
        self._folders.prepare()
        owners = self._folders.owners()
        threading.Thread(target=self._listen, name="docker-events", daemon=True).start()
        try:
            for container in _containers(self._client, self._lake):
                folder = self._folders.named(container.labels.get(_FOLDER, "none"))
                version_id = owners.get(folder.path.name)
                runs = container.labels.get(_ROLE) == "runtime" and container.status == "running"
                if runs and version_id is not None and folder.is_ready:
                    folder.renew()
                    known = _Container(str(container.id), "", folder, time.monotonic(), version_id, settled=True)
                    self._containers[folder.path.name] = known
                else:
                    _remove(container)
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error
        self._folders.keep_only({each.folder.path for each in self._containers.values()})

    def start(self, version: RunnableVersion) -> Path:
        waiting = self._bind(version)
        if waiting is not None:
            try:
                return self._load(waiting, version)
            except _EndedItself:
                _log.info("a waiting container ended just before it was given a model; starting another")
        folder = self._folders.new(self._uid, self._gid)
        try:
            self._folders.model(folder.path).give(version, self._threads)
        except OSError as error:
            self._folders.discard(None, folder)
            raise BlobUnavailable(version.model_file.name, str(error)) from error
        try:
            return self._load(self._create(version.image_id, folder, version.id), version)
        except _EndedItself:
            raise ModelDied(0) from None

    def warm(self, like: RunnableVersion, order: Json) -> Path:
        folder = self._folders.new(self._uid, self._gid)
        self._folders.model(folder.path).order({**order, "threads": self._threads})
        container = self._create(like.image_id, folder, None)
        try:
            self._start(container, lambda: folder.is_warm)
        except _EndedItself:
            raise ModelDied(0) from None
        return folder.path

    def running(self) -> dict[str, Path]:
        with self._news:
            known = list(self._containers.values())
        return {each.version_id: each.folder.path for each in known if each.version_id is not None}

    def waiting(self) -> dict[Path, str]:
        with self._news:
            known = list(self._containers.values())
        return {each.folder.path: each.image_id for each in known if each.version_id is None}

    def idle(self) -> dict[str, float]:
        return {version_id: RunFolder(folder).idle_seconds for version_id, folder in self.running().items()}

    def renew(self) -> None:
        with self._news:
            known = list(self._containers.values())
        for each in known:
            if time.monotonic() - each.started > _AGES * self._settings.age_seconds:
                # Runtimes end themselves at their age; what has not is hostile, or hangs.
                self.end(each.version_id, each.folder.path)
            else:
                each.folder.renew()

    def end(self, version_id: str | None, folder: Path) -> None:
        with self._news:
            known = self._containers.get(folder.name)
            if known is None or known.version_id != version_id:
                return
            del self._containers[folder.name]
            # Ended by the lake: nobody may blame the model for it. What was news before stays.
            self._note_ending(folder.name, Ending(0, False))
        try:
            _remove(self._client.containers.get(known.id))
        except NotFound:
            pass
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error
        finally:
            self._folders.discard(version_id, known.folder)

    def ending(self, folder: Path, wait_seconds: float) -> Ending:
        with self._news:
            self._news.wait_for(lambda: folder.name in self._endings, wait_seconds)
            return self._endings.get(folder.name, _UNKNOWN)

    def close(self) -> None:
        sweep(self._client, self._lake)

    def _bind(self, version: RunnableVersion) -> _Container | None:
        """A waiting container of the version's image, from now on this version's alone, with its model."""
        with self._news:
            known = self._containers.values()
            fit = (each for each in known if each.version_id is None and each.settled)
            container = next((each for each in fit if each.image_id == version.image_id), None)
            if container is None:
                return None
            container.version_id, container.settled = version.id, False
        try:
            self._folders.model(container.folder.path).give(version, self._threads)
        except OSError as error:
            self.end(version.id, container.folder.path)
            raise BlobUnavailable(version.model_file.name, str(error)) from error
        return container

    def _create(self, image_id: str, folder: RunFolder, version_id: str | None) -> _Container:
        labels = {"weles": self._lake, _ROLE: "runtime", _FOLDER: folder.path.name}
        name = f"weles-{self._lake[:6]}-{(version_id or 'warm')[:8]}-{uuid.uuid4().hex[:4]}"
        if version_id is not None:
            labels["weles.version"] = version_id
        chosen = options(
            self._settings,
            user=f"{self._uid}:{self._gid}",
            name=name,
            labels=labels,
            model_folder=self._folders.model(folder.path).path,
            run_folder=folder.path,
        )
        try:
            created = self._client.containers.create(image_id, **chosen)
        except ImageNotFound as error:
            self._folders.discard(None, folder)
            raise ImageGone(image_id) from error
        except (DockerException, RequestException) as error:
            self._folders.discard(None, folder)
            raise BuilderUnavailable(str(error)) from error
        container = _Container(str(created.id), image_id, folder, time.monotonic(), version_id)
        with self._news:
            self._containers[folder.path.name] = container
        try:
            created.start()
        except (DockerException, RequestException) as error:
            self.end(version_id, folder.path)
            raise BuilderUnavailable(str(error)) from error
        return container

    def _load(self, container: _Container, version: RunnableVersion) -> Path:
        self._start(container, lambda: container.folder.is_ready)
        self._folders.assign(version.id, container.folder)
        return container.folder.path

    def _start(self, container: _Container, is_up: Callable[[], bool]) -> None:
        """Wait until it is up; end it when it does not come up."""
        try:
            self._wait(container.folder, is_up)
        except BaseException:
            self.end(container.version_id, container.folder.path)
            raise
        with self._news:
            container.settled = True

    def _wait(self, folder: RunFolder, is_up: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._settings.start_seconds
        while not is_up():
            with self._news:
                ending = self._endings.get(folder.path.name)
            if ending is not None:
                raise _why(ending, folder, self._settings)
            if time.monotonic() > deadline:
                raise ModelNotLoadable("TimeoutError", f"not loaded within {self._settings.start_seconds} seconds", "")
            time.sleep(_POLL_SECONDS)

    def _listen(self) -> None:
        """Keep `_endings` and `_containers` true, for as long as the process lives."""
        filters = {"label": f"weles={self._lake}", "type": "container"}
        out_of_memory: set[str] = set()
        while True:
            try:
                for event in self._client.events(decode=True, filters=filters):
                    self._note(event, out_of_memory)
            except Exception as error:
                _log.warning("the engine's events: %s; listening again", error)
            time.sleep(1)
            self._forget_the_vanished()

    def _note(self, event: dict[str, Any], out_of_memory: set[str]) -> None:
        action, attributes = event["Action"], event["Actor"]["Attributes"]
        folder = attributes.get(_FOLDER)
        if folder is None:
            return
        if action == "oom":
            out_of_memory.add(folder)
        elif action == "die":
            code = attributes.get("exitCode", "")
            self._over(folder, Ending(int(code) if code.isdigit() else None, folder in out_of_memory))
            out_of_memory.discard(folder)

    def _over(self, name: str, ending: Ending) -> None:
        with self._news:
            self._note_ending(name, ending)
            known = self._containers.get(name)
            # While it starts, whoever starts it still has to read why it failed.
            over = known if known is not None and known.settled else None
            if over is not None:
                del self._containers[name]
        if over is not None:
            self._folders.discard(over.version_id, over.folder)

    def _note_ending(self, name: str, ending: Ending) -> None:
        self._endings.setdefault(name, ending)
        while len(self._endings) > _ENDINGS_KEPT:
            del self._endings[next(iter(self._endings))]
        self._news.notify_all()

    def _forget_the_vanished(self) -> None:
        """After news were missed: what the engine no longer has is over, nobody knows how."""
        try:
            listed = self._client.api.containers(filters={"label": f"weles={self._lake}"})
        except (DockerException, RequestException):
            return
        there = {each["Id"] for each in listed}
        with self._news:
            gone = [name for name, each in self._containers.items() if each.id not in there]
        for name in gone:
            self._over(name, _UNKNOWN)


class _EndedItself(Exception):
    """Before it was up: idle, or too old."""


def sweep(client: docker.DockerClient, lake: str) -> int:
    """Remove every container of the lake; how many there were."""
    containers = _containers(client, lake)
    for container in containers:
        _remove(container)
    return len(containers)


def _containers(client: docker.DockerClient, lake: str) -> list[Any]:
    # They remove themselves at any time: one that is gone between listing and looking is no error.
    return client.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake}"})


def _remove(container: Any) -> None:
    try:
        container.remove(force=True)
    except NotFound:
        pass
    except APIError as error:
        # It removes itself at this moment: that is what was wanted.
        if error.status_code != 409:
            raise


def _why(ending: Ending, folder: RunFolder, settings: Settings) -> Exception:
    """Why a container ended before it was ready."""
    failure = folder.failure()
    if ending.out_of_memory:
        return ModelOutOfMemory(settings.container_memory)
    if failure is not None:
        return ModelNotLoadable(failure["class"], failure["message"], failure["traceback"])
    if ending.exit_code == 0:
        return _EndedItself()
    return ModelDied(ending.exit_code)
