"""What pods are given to read: addresses in the lake's blob server, each good for a short time."""

import io
import json
import time

from registry.domain import signature
from registry.domain.entities import Json
from registry.domain.ports.blobs import Blobs
from registry.runners.cluster import by_number
from registry.settings import Settings

_GOOD_FOR_SECONDS = 600


class Supplies:
    """Raises BuilderUnavailable where the name of the blob server's host is not known."""

    def __init__(self, blobs: Blobs, settings: Settings) -> None:
        self._blobs = blobs
        self._secret = settings.secret
        self._url = settings.blobs_url
        self._good_for_seconds = settings.start_seconds + _GOOD_FOR_SECONDS

    def blob(self, digest: str) -> str:
        expires = int(time.time()) + self._good_for_seconds
        return by_number(self._url) + signature.blob_address(self._secret, digest, expires)

    def document(self, document: Json) -> str:
        """Nobody refers to its blob: it is freed when all that nobody refers to is."""
        return self.blob(self._blobs.put(io.BytesIO(json.dumps(document).encode()))[0])
