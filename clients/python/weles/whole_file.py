"""A file on this machine that is there whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import requests

from weles.errors import InvalidRequest

__all__ = ["whole_file"]


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """What is written here is the file `target` once the block has ended well; until then that is as it was.

    Raises InvalidRequest where it cannot be written.
    """
    # Opened by name, not by `tempfile`: who may read it is what it was before, or what the session's umask says.
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with beside.open("xb") as file:
            yield file
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except BaseException as reason:
        with suppress(OSError):
            beside.unlink()
        # What `requests` raises is an OSError, too, but says nothing of the file.
        if isinstance(reason, OSError) and not isinstance(reason, requests.RequestException):
            raise InvalidRequest(
                f"{target} cannot be written: {reason.strerror or reason}.",
                next="Name a file in a folder that you may write to, on a disk with room.",
            ) from reason
        raise
