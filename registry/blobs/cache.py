"""A bounded folder of contents that live elsewhere: brought when they are asked for, checked, shared by processes."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from registry.blobs.filesystem import FilesystemBlobs
from registry.domain.errors.lake import BlobUnavailable

# Whoever has just been given a path may still be on the way to open or to mount it.
_IN_USE_SECONDS = 600.0
_LOCKS = 64


class BlobCache:
    """Files by digest, at most `limit` bytes of them, but for those that were asked for in the last ten minutes.

    A file that is open, or mounted into a container, stays readable there when its name is taken away.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._files = FilesystemBlobs(folder)
        self._bringing = [threading.Lock() for _ in range(_LOCKS)]

    def path(self, digest: str, bring: Callable[[], AbstractContextManager[BinaryIO]]) -> Path:
        """The file, from the stream of `bring` when it is not here. Raises BlobUnavailable, and what `bring` does."""
        with suppress(BlobUnavailable):
            return self._used(self._files.path(digest))
        with self._bringing[hash(digest) % _LOCKS]:
            with suppress(BlobUnavailable):
                return self._used(self._files.path(digest))
            with bring() as stream:
                found, _ = self._files.put(stream)
            if found != digest:
                self.forget(found)
                raise BlobUnavailable(digest, f"its bytes have the digest {found}: they were changed in the store")
            file = self._used(self._files.path(digest))
            self._make_room()
            return file

    def forget(self, digest: str) -> None:
        """Take the file away."""
        self._files.delete(digest, put_before=datetime.max)

    def sweep(self, before: datetime, *, really: bool = True) -> int:
        """Remove (not `really`: only count) what was half-brought before that moment; the bytes that it had."""
        return self._files.sweep(before, really=really)

    def _make_room(self) -> None:
        """Take away what has not been asked for longest."""
        files = []
        for file in self._folder.glob("sha256/*/*"):
            with suppress(FileNotFoundError):
                status = file.stat()
                files.append((status.st_atime, status.st_size, file))
        size = sum(each for _, each, _ in files)
        for used, each, file in sorted(files):
            if size <= self._limit or time.time() - used < _IN_USE_SECONDS:
                return
            file.unlink(missing_ok=True)
            size -= each

    @staticmethod
    def _used(file: Path) -> Path:
        """Note in the file's time of access that it was asked for."""
        with suppress(FileNotFoundError):
            os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))
        return file
