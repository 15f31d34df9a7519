"""multipart/form-data as a stream: parts are files, never all in memory (requests' own form is)."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, Callable

__all__ = ["Multipart", "Part", "json_part"]

_BLOCK = 1 << 20
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True)
class Part:
    """One part: `file` is seekable and sent whole, from its start. `filename` defaults to the part's name."""

    name: str
    content_type: str
    file: BinaryIO
    filename: str = ""


def json_part(name: str, document: Mapping[str, Any]) -> Part:
    """A part that holds `document` as JSON."""
    return Part(name, "application/json", BytesIO(json.dumps(document, allow_nan=False).encode()))


class Multipart:
    """A request body of `parts`, in their order; `len()` is its exact length in bytes, so it is not sent chunked.

    `sent`, when set, is called with the number of bytes read so far.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.sent: Callable[[int], object] | None = None
        self._sources: list[BinaryIO] = []
        for part in parts:
            self._sources.append(BytesIO(_head(part, boundary)))
            self._sources.append(part.file)
        self._sources.append(BytesIO(f"\r\n--{boundary}--\r\n".encode()))
        self._length = sum(source.seek(0, os.SEEK_END) for source in self._sources)
        self.seek(0)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(_BLOCK):
            yield block

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Back to the start; no other place can be sought."""
        if offset or whence:
            raise ValueError("a multipart body can only be sent from its start")
        for source in self._sources:
            source.seek(0)
        self._at = 0
        self._read = 0
        return 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size` (all of them when negative); empty at the end."""
        if size < 0:
            return b"".join(self)
        while self._at < len(self._sources):
            block = self._sources[self._at].read(size)
            if block:
                self._read += len(block)
                if self.sent:
                    self.sent(self._read)
                return block
            self._at += 1
        return b""


def _head(part: Part, boundary: str) -> bytes:
    # The leading line break belongs to the delimiter; before the first part it is an empty preamble.
    filename = _UNUSUAL.sub("_", part.filename or part.name)
    return (
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"; filename="{filename}"\r\n'
        f"Content-Type: {part.content_type}\r\n\r\n"
    ).encode()
