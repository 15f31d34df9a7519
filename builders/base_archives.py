"""Base images as files, by their ids: an environment can only be built again upon the base that it was built on."""

import os
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from builders.engine import engine_errors

_CHUNK = 1 << 20


class BaseArchives:
    """Every method may raise BuilderUnavailable."""

    def __init__(self, client: docker.DockerClient, folder: Path) -> None:
        self._client = client
        self._folder = folder

    def save(self, image_id: str) -> bool:
        """Keep the image as a file, unless it is kept already; False when the engine does not have it."""
        file = self.file(image_id)
        if file.exists():
            return True
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".part")
        with engine_errors():
            try:
                image = self._client.images.get(image_id)
            except ImageNotFound:
                return False
            with beside.open("wb") as out:
                # By its id, without a name: what it is called on another machine is decided there.
                for part in self._client.api.get_image(str(image.id), chunk_size=_CHUNK):
                    out.write(part)
                out.flush()
                os.fsync(out.fileno())
        beside.chmod(0o600)
        beside.rename(file)
        return True

    def load(self, image_id: str, name: str) -> str:
        """Have the image on the engine under its name: what is in the way of that, or an empty text."""
        with engine_errors():
            if not self._there(image_id):
                if not self.file(image_id).exists():
                    return f"{name} is not in the backup"
                with self.file(image_id).open("rb") as archive:
                    self._client.api.load_image(archive)  # type: ignore[no-untyped-call]
            if not self._there(image_id):
                return f"the file of {name} has another image in it"
            named = self._named(name)
            if named is None:
                self._client.images.get(image_id).tag(*name.rsplit(":", 1))
            elif named != image_id:
                return f"this machine has another {name} ({named[7:19]}), which its lakes need"
        return ""

    def file(self, image_id: str) -> Path:
        return self._folder / f"{image_id.removeprefix('sha256:')}.tar"

    def _there(self, image_id: str) -> bool:
        return self._named(image_id) is not None

    def _named(self, name: str) -> str | None:
        try:
            return str(self._client.images.get(name).id)
        except ImageNotFound:
            return None
