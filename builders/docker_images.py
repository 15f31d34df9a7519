"""The environments' images of one lake on an engine: what they hold, layer by layer, and removing them for real.

Removing an image frees no byte while BuildKit's cache remembers the steps that made its layers: those that no image
has any more are removed with it, and no other.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import docker
from docker.errors import APIError, ImageNotFound

from builders.build_cache import forget, parents, records
from builders.engine import engine_errors
from builders.prune import Image, Layer
from builders.stored_images import Removal, Store, StoredImage

_PASSES = 2
_LAYER_STEPS = ("RUN", "COPY", "ADD")


class DockerImages:
    """The `ImageStore` of a lake. Every method may raise BuilderUnavailable."""

    def __init__(self, client: docker.DockerClient, lake: str) -> None:
        self._client = client
        self._lake = lake

    def look(self) -> Store:
        """All images of the engine, as they are now."""
        with engine_errors():
            users = self._users()
            images: list[StoredImage] = []
            others: list[Image] = []
            for listed in self._client.api.images(all=True):
                with suppress(ImageNotFound):
                    labels = listed.get("Labels") or {}
                    if labels.get("weles") == self._lake:
                        images.append(self._stored(listed["Id"], users))
                    else:
                        others.append(
                            Image(listed["Id"], tuple(Layer(each, 0) for each in self._digests(listed["Id"])))
                        )
        return Store(tuple(images), tuple(others))

    def remove(self, image_ids: Collection[str]) -> Removal:
        """Remove them, and what the build cache keeps of them alone. One that a container was made of is refused."""
        removed: list[str] = []
        refused: dict[str, str] = {}
        with engine_errors():
            shared_before = {each["ID"] for each in records(self._client) if each["Shared"]}
            for image_id in image_ids:
                try:
                    self._remove(image_id)
                except ImageNotFound:
                    continue
                except APIError as error:
                    if error.status_code != 409:
                        raise
                    refused[image_id] = "in use"
                else:
                    removed.append(image_id)
            left = self._free_cache(shared_before) if removed else 0
        return Removal(tuple(removed), refused, left)

    def _remove(self, image_id: str) -> None:
        # By its names, not by its id with force: that would also remove what a stopped container needs.
        tags = self._inspect(image_id)["RepoTags"] or []
        for name in tags or [image_id]:
            self._client.api.remove_image(name)

    def _stored(self, image_id: str, users: dict[str, list[str]]) -> StoredImage:
        found = self._inspect(image_id)
        labels = found["Config"]["Labels"] or {}
        finished = "weles.installed" in labels
        return StoredImage(
            image_id=image_id,
            environment=labels.get("weles.environment") if finished else None,
            name=next(iter(found["RepoTags"] or ()), image_id),
            bytes=int(found["Size"]),
            built_at=_time(found["Created"]),
            used_by=tuple(users.get(image_id, ())),
            layers=tuple(self._layers(image_id)),
        )

    def _layers(self, image_id: str) -> Iterable[Layer]:
        digests = self._digests(image_id)
        sizes = layer_sizes(self._history(image_id), len(digests))
        return (Layer(digest, size) for digest, size in zip(digests, sizes, strict=True))

    def _digests(self, image_id: str) -> list[str]:
        return [*(self._inspect(image_id)["RootFS"].get("Layers") or ())]

    def _inspect(self, image_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._client.api.inspect_image(image_id)  # type: ignore[no-untyped-call]
        return found

    def _history(self, image_id: str) -> list[dict[str, Any]]:
        steps: list[dict[str, Any]] = self._client.api.history(image_id)  # type: ignore[no-untyped-call]
        return steps

    def _users(self) -> dict[str, list[str]]:
        users: dict[str, list[str]] = {}
        for container in self._client.api.containers(all=True):
            users.setdefault(container["ImageID"], []).append(container["Names"][0].lstrip("/"))
        return users

    def _free_cache(self, shared_before: Collection[str]) -> int:
        """Remove the records whose layers no image has any more, and all that builds upon them; bytes that stay."""
        waiting = doomed(records(self._client), shared_before)
        # Again, for those that something was built upon meanwhile.
        for _ in range(_PASSES):
            waiting = {each: size for each, size in waiting.items() if not forget(self._client, each)}
        return sum(waiting.values())


def layer_sizes(history: list[dict[str, Any]], count: int) -> list[int]:
    """The sizes of an image's `count` layers, from the bottom up, out of its history, newest first.  (pure)

    The history also has steps that made no layer. Where it cannot be told which, sizes are 0: nobody may count on them.
    """
    steps = [each for each in reversed(history) if each["Size"] > 0]
    if len(steps) != count:
        steps = [each for each in reversed(history) if each["Size"] > 0 or each["CreatedBy"].startswith(_LAYER_STEPS)]
    return [int(each["Size"]) for each in steps] if len(steps) == count else [0] * count


def doomed(found: list[dict[str, Any]], shared_before: Collection[str]) -> dict[str, int]:
    """Id → bytes of the records that images shared before and share no more, and of all that builds on them.  (pure)

    Those that build on others come first: a record can only go after them.
    """
    free = {each["ID"]: each for each in found if not each["Shared"] and not each["InUse"]}
    generation = {each for each in free if each in shared_before}
    gone: dict[str, int] = {}
    while generation:
        for each in sorted(generation):
            # Whoever is met again on a longer way goes before all that was met since.
            gone.pop(each, None)
            gone[each] = int(free[each]["Size"])
        generation = {each for each, record in free.items() if not generation.isdisjoint(parents(record))}
    return dict(reversed(gone.items()))


def _time(text: str) -> datetime:
    """The engine's times have nanoseconds."""
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
