"""Containers of model versions on a Docker Engine: no network, read-only, no privileges, limits on everything."""

import json
import logging
import os
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.types import LogConfig, Ulimit
from requests.exceptions import RequestException

from registry.domain.errors import BuilderUnavailable, ModelDied, ModelNotLoadable, ModelOutOfMemory
from registry.domain.ports import Ending, RunnableVersion
from registry.runners.run_folder import RunFolder
from registry.settings import Settings

_log = logging.getLogger(__name__)
_NOBODY = 65534
_ROLE = "weles.role"
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
        self._manifests = settings.run_folder / "manifests"
        self._running: dict[str, _Running] = {}
        self._endings: dict[str, Ending] = {}
        self._ended_order: deque[str] = deque()
        self._last_container: dict[str, str] = {}
        self._news = threading.Condition()
        self._uid, self._gid = (os.getuid(), os.getgid()) if os.getuid() else (_NOBODY, _NOBODY)

    def open(self) -> None:
        """Listen to the engine; take over what still runs from before, remove the rest. Raises BuilderUnavailable."""
        self._manifests.mkdir(parents=True, exist_ok=True)
        threading.Thread(target=self._listen, name="docker-events", daemon=True).start()
        try:
            for container in _containers(self._client, self._lake):
                version_id = container.labels.get("weles.version", "")
                folder = RunFolder(self._settings.run_folder / version_id)
                if container.labels.get(_ROLE) == "runtime" and container.status == "running" and folder.is_ready:
                    folder.renew()
                    self._running[version_id] = _Running(str(container.id), folder, time.monotonic())
                    self._last_container[version_id] = str(container.id)
                else:
                    _remove(container)
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error

    def start(self, version: RunnableVersion) -> Path:
        folder = RunFolder(self._settings.run_folder / version.id)
        folder.make(self._uid, self._gid)
        manifest = self._manifests / f"{version.id}.json"
        # What is in the container cannot see the limit on its processors.
        threads = max(1, int(self._settings.container_cpus))
        manifest.write_text(json.dumps({**version.manifest, "threads": threads}), encoding="utf-8")
        try:
            container = self._client.containers.run(version.image_id, **self._options(version, folder, manifest))
        except (DockerException, RequestException) as error:
            folder.remove()
            raise BuilderUnavailable(str(error)) from error
        with self._news:
            self._running[version.id] = _Running(str(container.id), folder, time.monotonic())
            self._last_container[version.id] = str(container.id)
        try:
            self._wait_until_ready(version.id, container.id, folder)
        except BaseException:
            self.end(version.id)
            raise
        return folder.path

    def running(self) -> dict[str, Path]:
        with self._news:
            return {version_id: each.folder.path for version_id, each in self._running.items()}

    def renew(self) -> None:
        with self._news:
            running = dict(self._running)
        for version_id, each in running.items():
            if time.monotonic() - each.started > _AGES * self._settings.age_seconds:
                # Runtimes end themselves at their age; what has not is hostile, or hangs.
                self.end(version_id)
            else:
                each.folder.renew()

    def end(self, version_id: str) -> None:
        with self._news:
            known = self._running.pop(version_id, None)
        if known is not None:
            with self._news:
                # Ended by the lake: nobody may blame the model for it.
                self._endings[known.container_id] = Ending(0, False)
            try:
                _remove(self._client.containers.get(known.container_id))
            except NotFound:
                pass
            except (DockerException, RequestException) as error:
                raise BuilderUnavailable(str(error)) from error
            known.folder.remove()

    def ending(self, version_id: str, wait_seconds: float) -> Ending:
        with self._news:
            container = self._last_container.get(version_id, "")
            self._news.wait_for(lambda: self._ended(container), wait_seconds)
            return self._endings.get(container, _UNKNOWN)

    def close(self) -> None:
        sweep(self._client, self._lake)

    def _options(self, version: RunnableVersion, folder: RunFolder, manifest: Path) -> dict[str, Any]:
        settings = self._settings
        return {
            "detach": True,
            "auto_remove": True,
            "name": f"weles-{self._lake[:6]}-{version.id[:8]}-{uuid.uuid4().hex[:4]}",
            "hostname": "model",
            "labels": {"weles": self._lake, _ROLE: "runtime", "weles.version": version.id},
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
                str(version.model_file): {"bind": "/weles/model/model", "mode": "ro"},
                str(manifest): {"bind": "/weles/model/model.json", "mode": "ro"},
                str(folder.path): {"bind": "/weles/run", "mode": "rw"},
            },
        }

    def _wait_until_ready(self, version_id: str, container_id: str, folder: RunFolder) -> None:
        deadline = time.monotonic() + self._settings.start_seconds
        while not folder.is_ready:
            with self._news:
                ending = self._endings.get(container_id)
            if ending is not None:
                raise _why(ending, folder, self._settings)
            if time.monotonic() > deadline:
                raise ModelNotLoadable("TimeoutError", f"not loaded within {self._settings.start_seconds} seconds", "")
            time.sleep(_POLL_SECONDS)

    def _ended(self, container_id: str) -> bool:
        return container_id in self._endings

    def _listen(self) -> None:
        """Keep `_endings` and `_running` true, for as long as the process lives."""
        filters = {"label": f"weles={self._lake}", "type": "container"}
        out_of_memory: set[str] = set()
        while True:
            try:
                for event in self._client.events(decode=True, filters=filters):
                    self._note(event, out_of_memory)
            except (DockerException, RequestException, OSError) as error:
                _log.warning("the engine's events: %s; listening again", error)
            time.sleep(1)
            self._forget_the_vanished()

    def _note(self, event: dict[str, Any], out_of_memory: set[str]) -> None:
        container_id, action = event["Actor"]["ID"], event["Action"]
        if action == "oom":
            out_of_memory.add(container_id)
        elif action == "die":
            code = event["Actor"]["Attributes"].get("exitCode", "")
            ending = Ending(int(code) if code.isdigit() else None, container_id in out_of_memory)
            out_of_memory.discard(container_id)
            self._over(container_id, ending)

    def _over(self, container_id: str, ending: Ending) -> None:
        with self._news:
            self._endings.setdefault(container_id, ending)
            self._ended_order.append(container_id)
            if len(self._ended_order) > _ENDINGS_KEPT:
                self._endings.pop(self._ended_order.popleft(), None)
            for version_id, each in [*self._running.items()]:
                if each.container_id == container_id:
                    del self._running[version_id]
            self._news.notify_all()

    def _forget_the_vanished(self) -> None:
        """After news were missed: what the engine no longer has is over, nobody knows how."""
        try:
            listed = self._client.api.containers(filters={"label": f"weles={self._lake}"})
        except (DockerException, RequestException):
            return
        there = {each["Id"] for each in listed}
        with self._news:
            gone = [each.container_id for each in self._running.values() if each.container_id not in there]
        for container_id in gone:
            self._over(container_id, _UNKNOWN)


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
