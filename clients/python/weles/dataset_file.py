"""A dataset as a file: streamed from the lake to the disk, whole or not there at all."""

from __future__ import annotations

import os
from pathlib import Path

import requests

from weles import sources
from weles.connection import Connection, segment
from weles.errors import LakeUnreachable
from weles.progress import transfer
from weles.whole_file import whole_file

__all__ = ["download"]

_BLOCK = 1 << 20


def download(connection: Connection, hash: str, path: str | os.PathLike[str]) -> Path:
    """See `weles.dataset.download`."""
    target = Path(path)
    accept = sources.content_type_of(target)
    with whole_file(target) as file:
        answer = connection.request("GET", f"/datasets/{segment(hash)}", accept=accept, stream=True)
        size = 0
        try:
            with answer, transfer(target.name, _length(answer), connection.progress) as received:
                for block in answer.iter_content(_BLOCK):
                    file.write(block)
                    size += len(block)
                    if received:
                        received(size)
        except requests.RequestException as reason:
            raise LakeUnreachable(f"The dataset broke off: {reason}", next="Ask again.") from reason
    return target


def _length(answer: requests.Response) -> int:
    """The bytes to come; 0 when they are made on the way, and nobody knows."""
    return int(answer.headers.get("Content-Length") or 0)
