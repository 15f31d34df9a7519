"""Containers of model versions on a Docker Engine: no network, read-only, no privileges, limits on everything."""

import json
import logging
import os
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import LogConfig, Ulimit
from requests.exceptions import RequestException

from registry.domain.errors import BuilderUnavailable, ModelDied, ModelNotLoadable, ModelOutOfMemory
from registry.domain.ports import Ending, ImageGone, RunnableVersion
from registry.runners.run_folder import RunFolder, RunFolders
from registry.settings import Settings

_log = logging.getLogger(__name__)
_NOBODY = 65534
_ROLE, _FOLDER = "weles.role", "weles.folder"
_POLL_SECONDS = 0.005
_LARGEST_FILE = 1 << 30
_ENDINGS_KEPT = 256
_AGES = 2
_UNKNOWN = Ending(None, False)


@dataclass(frozen=True, slots=True)
class _Running:
    container_id: str
    folder: RunFolder
    started: float


class DockerRunner:
    """The `Runner` port. All that belongs to this lake carries the label `weles=<lake id>`.

    Docker's events say how containers end: they remove themselves, so nothing could be asked afterwards.
    """

    def __init__(self, client: docker.DockerClient, lake: str, settings: Settings) -> None:
        self._client = client
        self._lake = lake
        self._settings = settings
        self._folders = RunFolders(settings.run_folder)
        self._manifests = settings.run_folder / "manifests"
        self._running: dict[str, _Running] = {}
        # By the name of the run folder, oldest first.
        self._endings: dict[str, Ending] = {}
        self._news = threading.Condition()
        self._uid, self._gid = (os.getuid(), os.getgid()) if os.getuid() else (_NOBODY, _NOBODY)

    def open(self) -> None:
        """Listen to the engine; take over what still runs from before, remove the rest. Raises BuilderUnavailable."""
        self._manifests.mkdir(parents=True, exist_ok=True)
        self._folders.prepare()
        threading.Thread(target=self._listen, name="docker-events", daemon=True).start()
        try:
            for container in _containers(self._client, self._lake):
                version_id = container.labels.get("weles.version", "")
                folder = self._folders.named(container.labels.get(_FOLDER, "none"))
                answers = self._folders.current(version_id) == folder.path and folder.is_ready
                if container.labels.get(_ROLE) == "runtime" and container.status == "running" and answers:
                    folder.renew()
                    self._running[version_id] = _Running(str(container.id), folder, time.monotonic())
                else:
                    _remove(container)
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error
        self._folders.keep_only({each.folder.path for each in self._running.values()})

    def start(self, version: RunnableVersion) -> Path:
        folder = self._folders.new(self._uid, self._gid)
        manifest = self._manifests / f"{version.id}.json"
        # What is in the container cannot see the limit on its processors.
        threads = max(1, int(self._settings.container_cpus))
        manifest.write_text(json.dumps({**version.manifest, "threads": threads}), encoding="utf-8")
        try:
            container = self._client.containers.create(version.image_id, **self._options(version, folder, manifest))
        except ImageNotFound as error:
            folder.remove()
            raise ImageGone(version.image_id) from error
        except (DockerException, RequestException) as error:
            folder.remove()
            raise BuilderUnavailable(str(error)) from error
        with self._news:
            self._running[version.id] = _Running(str(container.id), folder, time.monotonic())
        try:
            container.start()
            self._wait_until_ready(folder)
            self._folders.assign(version.id, folder)
        except (DockerException, RequestException) as error:
            self.end(version.id, folder.path)
            raise BuilderUnavailable(str(error)) from error
        except BaseException:
            self.end(version.id, folder.path)
            raise
        return folder.path

    def running(self) -> dict[str, Path]:
        with self._news:
            return {version_id: each.folder.path for version_id, each in self._running.items()}

    def idle(self) -> dict[str, float]:
        return {version_id: RunFolder(folder).idle_seconds for version_id, folder in self.running().items()}

    def renew(self) -> None:
        with self._news:
            running = dict(self._running)
        for version_id, each in running.items():
            if time.monotonic() - each.started > _AGES * self._settings.age_seconds:
                # Runtimes end themselves at their age; what has not is hostile, or hangs.
                self.end(version_id, each.folder.path)
            else:
                each.folder.renew()

    def end(self, version_id: str, folder: Path) -> None:
        with self._news:
            known = self._running.get(version_id)
            if known is None or known.folder.path.name != folder.name:
                return
            del self._running[version_id]
            # Ended by the lake: nobody may blame the model for it. What was news before stays.
            self._note_ending(known.folder.path.name, Ending(0, False))
        try:
            _remove(self._client.containers.get(known.container_id))
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

    def _options(self, version: RunnableVersion, folder: RunFolder, manifest: Path) -> dict[str, Any]:
        settings = self._settings
        return {
            "auto_remove": True,
            "name": f"weles-{self._lake[:6]}-{version.id[:8]}-{uuid.uuid4().hex[:4]}",
            "hostname": "model",
            "labels": {
                "weles": self._lake,
                _ROLE: "runtime",
                "weles.version": version.id,
                _FOLDER: folder.path.name,
            },
            "network_mode": "none",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "user": f"{self._uid}:{self._gid}",
            "mem_limit": settings.container_memory,
            "memswap_limit": settings.container_memory,
            "nano_cpus": int(settings.container_cpus * 1e9),
            "pids_limit": settings.container_pids,
            # The run folder is on the host's disk: one file there must not be able to fill it.
            "ulimits": [
                Ulimit(name="fsize", soft=_LARGEST_FILE, hard=_LARGEST_FILE),
                Ulimit(name="core", soft=0, hard=0),
            ],
            "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=268435456"},  # noqa: S108 (the container's own)
            "log_config": LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m"}),
            "environment": {
                "HOME": "/tmp",  # noqa: S108
                "WELES_IDLE_SECONDS": str(settings.idle_seconds),
                "WELES_AGE_SECONDS": str(settings.age_seconds),
                "WELES_LEASE_SECONDS": str(settings.lease_seconds),
                "WELES_MAX_FRAME_BYTES": str(settings.container_memory),
            },
            "volumes": {
                settings.on_engine(version.model_file): {"bind": "/weles/model/model", "mode": "ro"},
                settings.on_engine(manifest): {"bind": "/weles/model/model.json", "mode": "ro"},
                settings.on_engine(folder.path): {"bind": "/weles/run", "mode": "rw"},
            },
        }

    def _wait_until_ready(self, folder: RunFolder) -> None:
        deadline = time.monotonic() + self._settings.start_seconds
        while not folder.is_ready:
            with self._news:
                ending = self._endings.get(folder.path.name)
            if ending is not None:
                raise _why(ending, folder, self._settings)
            if time.monotonic() > deadline:
                raise ModelNotLoadable("TimeoutError", f"not loaded within {self._settings.start_seconds} seconds", "")
            time.sleep(_POLL_SECONDS)

    def _listen(self) -> None:
        """Keep `_endings` and `_running` true, for as long as the process lives."""
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
        over: dict[str, _Running] = {}
        with self._news:
            self._note_ending(name, ending)
            # While it starts, whoever starts it still has to read why it failed.
            over = {
                version_id: each
                for version_id, each in self._running.items()
                if each.folder.path.name == name and self._folders.current(version_id) == each.folder.path
            }
            for version_id in over:
                del self._running[version_id]
            self._news.notify_all()
        for version_id, each in over.items():
            self._folders.discard(version_id, each.folder)

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
            gone = [each.folder.path.name for each in self._running.values() if each.container_id not in there]
        for name in gone:
            self._over(name, _UNKNOWN)


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
    return ModelDied(ending.exit_code)
