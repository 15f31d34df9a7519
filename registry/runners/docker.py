"""Containers of model versions on a Docker Engine, and those that wait for a model."""

import logging
import os
import threading
import time
import uuid
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException

from registry.domain.entities import Json
from registry.domain.errors.lake import BlobUnavailable, BuilderUnavailable
from registry.domain.errors.model import ModelNotLoadable
from registry.domain.ports.runner import Ending, ImageGone, RunnableVersion
from registry.runners.life_cycle import LifeCycle
from registry.runners.roster import UNKNOWN, Entry
from registry.runners.run_folder import RunFolder
from registry.runners.run_options import options
from registry.settings import Settings

_log = logging.getLogger(__name__)
_NOBODY = 65534
_ROLE, _FOLDER = "weles.role", "weles.folder"
_POLL_SECONDS = 0.005


class DockerRunner(LifeCycle[Entry]):
    """The `Runner` port. All that belongs to this lake carries the label `weles=<lake id>`.

    Docker's events say how containers end: they remove themselves, so nothing could be asked afterwards.
    """

    def __init__(self, client: docker.DockerClient, lake: str, settings: Settings) -> None:
        super().__init__(settings)
        self._client = client
        self._lake = lake
        self._uid, self._gid = (os.getuid(), os.getgid()) if os.getuid() else (_NOBODY, _NOBODY)

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
                    self._roster.add(
                        Entry(id=str(container.id), image_id="", version_id=version_id, folder=folder, settled=True)
                    )
                else:
                    _remove(container)
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error
        self._folders.keep_only({each.folder.path for each in self._roster.all()})

    def idle(self) -> dict[str, float]:
        return {version_id: RunFolder(folder).idle_seconds for version_id, folder in self.running().items()}

    def renew(self) -> None:
        for each in self._roster.all():
            if time.monotonic() - each.started > self._oldest_seconds:
                self.end(each.version_id, each.folder.path)
            else:
                each.folder.renew()

    def close(self) -> None:
        sweep(self._client, self._lake)

    def _create(self, version: RunnableVersion, order: Json | None) -> Entry:
        folder = self._folders.new(self._uid, self._gid)
        try:
            if order is None:
                self._put(version, folder)
            else:
                self._folders.model(folder.path).order(order)
            created = self._container(version, folder, waits=order is not None)
        except BaseException:
            self._folders.discard(None, folder)
            raise
        version_id = version.id if order is None else None
        container = Entry(id=str(created.id), image_id=version.image_id, version_id=version_id, folder=folder)
        self._roster.add(container)
        try:
            created.start()
        except (DockerException, RequestException) as error:
            self.end(version_id, folder.path)
            raise BuilderUnavailable(str(error)) from error
        return container

    def _container(self, version: RunnableVersion, folder: RunFolder, *, waits: bool) -> Any:
        labels = {"weles": self._lake, _ROLE: "runtime", _FOLDER: folder.path.name}
        if not waits:
            labels["weles.version"] = version.id
        chosen = options(
            self._settings,
            user=f"{self._uid}:{self._gid}",
            name=f"weles-{self._lake[:6]}-{'warm' if waits else version.id[:8]}-{uuid.uuid4().hex[:4]}",
            labels=labels,
            model_folder=self._folders.model(folder.path).path,
            run_folder=folder.path,
        )
        try:
            return self._client.containers.create(version.image_id, **chosen)
        except ImageNotFound as error:
            raise ImageGone(version.image_id) from error
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error

    def _give(self, waiting: Entry, version: RunnableVersion) -> None:
        self._put(version, waiting.folder)

    def _put(self, version: RunnableVersion, folder: RunFolder) -> None:
        try:
            self._folders.model(folder.path).give(version, self._threads)
        except OSError as error:
            raise BlobUnavailable(version.model_file.name, str(error)) from error

    def _wait(self, begun: Entry) -> None:
        folder, waits = begun.folder, begun.version_id is None
        deadline = time.monotonic() + self._settings.start_seconds
        while not (folder.is_warm if waits else folder.is_ready):
            ending = self._roster.ending(folder.path)
            if ending is not None:
                raise self._why(ending, folder.failure())
            if time.monotonic() > deadline:
                raise ModelNotLoadable("TimeoutError", f"not loaded within {self._settings.start_seconds} seconds", "")
            time.sleep(_POLL_SECONDS)

    def _remove(self, left: Entry) -> None:
        try:
            _remove(self._client.containers.get(left.id))
        except NotFound:
            pass
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error

    def _listen(self) -> None:
        """Keep the roster true, for as long as the process lives."""
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
        over = self._roster.over(name, ending)
        if over is not None:
            self._folders.discard(over.version_id, over.folder)

    def _forget_the_vanished(self) -> None:
        """After news were missed: what the engine no longer has is over, nobody knows how."""
        try:
            listed = self._client.api.containers(filters={"label": f"weles={self._lake}"})
        except (DockerException, RequestException):
            return
        there = {each["Id"] for each in listed}
        for each in self._roster.all():
            if each.id not in there:
                self._over(each.folder.path.name, UNKNOWN)


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
