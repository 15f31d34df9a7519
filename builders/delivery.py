"""Images from the engine to an OCI registry, where other machines take them by digest."""

import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import docker
from docker.errors import ImageNotFound, NotFound

from builders.engine import engine_errors
from builders.errors import BuilderUnavailable
from builders.watch import Watch

_HOST, _FOLDER = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?", r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_REGISTRY = re.compile(rf"(?=.{{1,120}}$){_HOST}(?:/{_FOLDER})*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# A name of the registry is given to what is lent for a moment only, and by one at a time.
_LENDING = threading.Lock()


class Delivery:
    """Brings one lake's images to `registry` (`host[:port][/path]`), by the engine and with its credentials.

    Every method may raise BuilderUnavailable.
    """

    def __init__(self, client: docker.DockerClient, registry: str, lake: str) -> None:
        if _REGISTRY.fullmatch(registry) is None:
            raise ValueError(
                f"{registry!r} is not a registry's address: host, host:port or host/path, without https://"
            )
        self._client = client
        self._registry = registry
        self.repository = f"{registry}/weles-env/{lake}"

    def reference(self, image: Mapping[str, Any]) -> str | None:
        """`repository@sha256:…` of an image (as the engine describes it) that has been delivered."""
        return next((each for each in image["RepoDigests"] or () if each.startswith(f"{self.repository}@")), None)

    def push(self, image_id: str, tag: str) -> str:
        """Deliver the image; its reference, by the digest that the registry gave it."""
        with engine_errors():
            self._client.images.get(image_id).tag(self.repository, tag)
            return self._push(self.repository, tag)

    def lend(self, image: str) -> str:
        """Bring what environments begin from, so that others can begin from it; its reference, as `push` gives it."""
        name, _, tag = image.rpartition(":")
        repository = f"{self._registry}/{name}"
        with _LENDING, engine_errors():
            self._client.images.get(image).tag(repository, tag)
            try:
                return self._push(repository, tag)
            finally:
                with suppress(ImageNotFound):
                    self._client.images.remove(f"{repository}:{tag}", noprune=True)

    def take(self, digest: str, name: str, watch: Watch) -> str | None:
        """Bring what others have built to the engine, as `name`; its id, or None when the watch was over before."""
        repository, _, tag = name.rpartition(":")
        reference = f"{self.repository}@{digest}"
        with engine_errors():
            # Leaving the loop closes the connection, on which the engine ends what it was bringing.
            for message in watch.through(self._client.api.pull(self.repository, digest, stream=True, decode=True)):
                if "error" in message:
                    raise BuilderUnavailable(f"the registry did not give {reference}: {message['error']}")
            try:
                image = self._client.images.get(reference)
            except ImageNotFound:
                if not watch.is_over():
                    raise
                return None
            image.tag(repository, tag)
            self._client.images.remove(reference, noprune=True)
        return str(image.id)

    def fetch(self, tag: str) -> bool:
        """Bring an image that was delivered back to the engine; False when the registry has none of that tag."""
        with engine_errors():
            try:
                self._client.api.pull(self.repository, tag)
            except NotFound:
                return False
        return True

    def forget(self, tag: str) -> None:
        """Remove the registry's name of an image from the engine; the registry keeps what it has."""
        with engine_errors(), suppress(ImageNotFound):
            self._client.images.remove(f"{self.repository}:{tag}")

    def _push(self, repository: str, tag: str) -> str:
        digest = ""
        for message in self._client.api.push(repository, tag, stream=True, decode=True):
            if "error" in message:
                raise BuilderUnavailable(f"the registry did not take {repository}: {message['error']}")
            digest = message.get("aux", {}).get("Digest", digest)
        if _DIGEST.fullmatch(digest) is None:
            raise BuilderUnavailable(f"the registry took {repository}:{tag} and did not say its digest")
        return f"{repository}@{digest}"
