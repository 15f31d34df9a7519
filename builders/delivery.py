"""Images from the engine to an OCI registry, where other machines take them by digest."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import docker
from docker.errors import ImageNotFound, NotFound

from builders.engine import engine_errors
from builders.errors import BuilderUnavailable

_HOST, _FOLDER = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?", r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_REGISTRY = re.compile(rf"(?=.{{1,120}}$){_HOST}(?:/{_FOLDER})*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


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
        self._repository = f"{registry}/weles-env/{lake}"

    def reference(self, image: Mapping[str, Any]) -> str | None:
        """`repository@sha256:…` of an image (as the engine describes it) that has been delivered."""
        return next((each for each in image["RepoDigests"] or () if each.startswith(f"{self._repository}@")), None)

    def push(self, image_id: str, tag: str) -> str:
        """Deliver the image; its reference, by the digest that the registry gave it."""
        digest = ""
        with engine_errors():
            self._client.images.get(image_id).tag(self._repository, tag)
            for message in self._client.api.push(self._repository, tag, stream=True, decode=True):
                if "error" in message:
                    raise BuilderUnavailable(f"the registry did not take {self._repository}: {message['error']}")
                digest = message.get("aux", {}).get("Digest", digest)
        if _DIGEST.fullmatch(digest) is None:
            raise BuilderUnavailable(f"the registry took {self._repository}:{tag} and did not say its digest")
        return f"{self._repository}@{digest}"

    def fetch(self, tag: str) -> bool:
        """Bring an image that was delivered back to the engine; False when the registry has none of that tag."""
        with engine_errors():
            try:
                self._client.api.pull(self._repository, tag)
            except NotFound:
                return False
        return True

    def forget(self, tag: str) -> None:
        """Remove the registry's name of an image from the engine; the registry keeps what it has."""
        with engine_errors(), suppress(ImageNotFound):
            self._client.images.remove(f"{self._repository}:{tag}")
