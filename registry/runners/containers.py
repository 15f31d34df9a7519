"""The containers of a lake as the engine has them, for those who look after the machine."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import docker
from docker.errors import DockerException, NotFound
from requests.exceptions import RequestException

from registry.domain.errors.lake import BuilderUnavailable
from registry.runners.run_folder import RunFolder, RunFolders

ROLE, FOLDER, VERSION = "weles.role", "weles.folder", "weles.version"
# A folder is made before its container; nobody needs so long for that, nor leaves a lease so old.
_LEFT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Container:
    """`role`: `runtime` answers for a version; `resolve`, `fetch`, `compile` and `inspect` prepare environments."""

    id: str
    name: str
    role: str
    state: str
    created_at: datetime
    version_id: str | None
    folder: Path | None
    idle_seconds: float | None


class Containers:
    """Every method may raise BuilderUnavailable."""

    def __init__(self, client: docker.DockerClient, lake: str, run_folder: Path) -> None:
        self._client = client
        self._lake = lake
        self._root = run_folder / "containers"
        self._folders = RunFolders(run_folder)

    def all(self) -> list[Container]:
        """The newest first, also those that have ended and are still there."""
        try:
            found = self._client.api.containers(all=True, filters={"label": f"weles={self._lake}"})
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error
        owners = self._folders.owners()
        return [self._container(each["Id"], each, owners) for each in found]

    def remove(self, container: Container) -> None:
        """Without a word to anybody: for when no worker runs."""
        try:
            self._client.api.remove_container(container.id, force=True)
        except NotFound:
            pass
        except (DockerException, RequestException) as error:
            raise BuilderUnavailable(str(error)) from error
        if container.version_id is not None and container.folder is not None:
            self._folders.discard(container.version_id, RunFolder(container.folder))

    def left_folders(self) -> list[Path]:
        """Run folders that no container has, and that were not made just now."""
        used = {each.folder for each in self.all()}
        there = [*self._root.iterdir()] if self._root.is_dir() else []
        return [each for each in there if each not in used and time.time() - _touched(each) > _LEFT_SECONDS]

    def _container(self, container_id: str, found: dict[str, object], owners: Mapping[str, str]) -> Container:
        labels = found.get("Labels")
        labels = labels if isinstance(labels, dict) else {}
        names = found.get("Names")
        name = str(names[0]).lstrip("/") if isinstance(names, list) and names else container_id[:12]
        folder = self._root / Path(labels[FOLDER]).name if FOLDER in labels else None
        return Container(
            id=container_id,
            name=name,
            role=labels.get(ROLE, "-"),
            state=str(found.get("State")),
            created_at=datetime.fromtimestamp(int(str(found["Created"])), UTC),
            # One that waited for a model has no label that says which it was given.
            version_id=labels.get(VERSION) or owners.get(labels.get(FOLDER, "")),
            folder=folder,
            idle_seconds=RunFolder(folder).idle_seconds if folder is not None else None,
        )


def _touched(folder: Path) -> float:
    """When something was last done in it: its own time, or that of its lease, which is renewed while it is used."""
    times = [folder.lstat().st_mtime]
    lease = folder / "lease"
    if lease.exists():
        times.append(lease.lstat().st_mtime)
    return max(times)
