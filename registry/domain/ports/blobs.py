"""Bytes, by the hash of their content."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


class Blobs(Protocol):
    """Content-addressed bytes; a digest is `sha256:<64 hex>`."""

    def put(self, stream: BinaryIO, *, limit_bytes: int | None = None, what: str = "content") -> tuple[str, int]:
        """Store all of the stream; (digest, bytes). Whole or not at all. Raises TooLarge."""
        ...

    def get(self, digest: str) -> AbstractContextManager[BinaryIO]:
        """The content, checked against its digest before the first byte is given. Raises BlobUnavailable."""
        ...

    def path(self, digest: str) -> Path:
        """A read-only file with the checked content, to be mounted into a container. Raises BlobUnavailable."""
        ...

    def holds(self, digest: str) -> bool:
        """The content is there, as far as that can be told without bringing it from elsewhere."""
        ...

    def put_before(self, moment: datetime) -> Iterator[str]:
        """The digests of what was put last before that moment."""
        ...

    def delete(self, digest: str, *, put_before: datetime) -> bool:
        """Free the content's bytes, unless it has been put (again) since that moment; whether it is gone now.

        At once with a `put` of the same content, one of the two comes first, and what was put last stays.
        """
        ...

    def size(self, digest: str) -> int:
        """Of the content, in bytes; 0 when it is not there."""
        ...

    def sweep(self, before: datetime, *, really: bool = True) -> int:
        """Remove (not `really`: only count) what was left half-written before that moment; the bytes that it had."""
        ...
