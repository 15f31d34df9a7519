"""A dataset as a file: streamed from the lake to the disk, whole or not there at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import requests

from weles import sources
from weles.connection import Connection, segment
from weles.errors import LakeUnreachable
from weles.progress import transfer

__all__ = ["download"]

_BLOCK = 1 << 20


def download(connection: Connection, hash: str, path: str | os.PathLike[str]) -> Path:
    """See `weles.dataset.download`."""
    target = Path(path)
    accept = sources.content_type_of(target)
    answer = connection.request("GET", f"/datasets/{segment(hash)}", accept=accept, stream=True)
    # Beside it, so that it is there whole or not at all.
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside, size = Path(temporary), 0
    try:
        shown = transfer(target.name, _length(answer), connection.progress)
        with answer, open(descriptor, "wb") as file, shown as received:  # noqa: PTH123
            for block in answer.iter_content(_BLOCK):
                file.write(block)
                size += len(block)
                if received:
                    received(size)
        beside.replace(target)
    except BaseException as reason:
        beside.unlink()
        if isinstance(reason, requests.RequestException):
            raise LakeUnreachable(f"The dataset broke off: {reason}", next="Ask again.") from reason
        raise
    return target


def _length(answer: requests.Response) -> int:
    """The bytes to come; 0 when they are made on the way, and nobody knows."""
    return int(answer.headers.get("Content-Length") or 0)
