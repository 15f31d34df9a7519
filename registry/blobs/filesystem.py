"""Content-addressed bytes in a folder, `<root>/sha256/ab/<hex>`: written beside, synced, renamed; checked when read.

A file's time says when its content was put last: what is young is not deleted, whoever thinks that nobody needs it.
"""

import fcntl
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from registry.domain.errors.invalid import TooLarge
from registry.domain.errors.lake import BlobUnavailable

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHUNK = 1 << 20


class FilesystemBlobs:
    """The `Blobs` port over a folder on a local disk. Files are read-only and never change once they are there."""

    def __init__(self, root: Path) -> None:
        self._root = root / "sha256"
        self._incoming = root / "incoming"
        self._checked: dict[str, tuple[int, int, int]] = {}
        self._root.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)

    def put(self, stream: BinaryIO, *, limit_bytes: int | None = None, what: str = "content") -> tuple[str, int]:
        sha256, size = hashlib.sha256(), 0
        descriptor, name = tempfile.mkstemp(dir=self._incoming)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if limit_bytes is not None and size > limit_bytes:
                        raise TooLarge(limit_bytes, what)
                    sha256.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fchmod(file.fileno(), 0o444)
                os.fsync(file.fileno())
            digest = f"sha256:{sha256.hexdigest()}"
            target = self._file(digest)
            target.parent.mkdir(exist_ok=True)
            with self._alone():
                # The kernel's own clock of files is some milliseconds late.
                os.utime(name, ns=(time.time_ns(),) * 2)
                Path(name).replace(target)
            _sync_folder(target.parent)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        return digest, size

    @contextmanager
    def get(self, digest: str) -> Iterator[BinaryIO]:
        with self.path(digest).open("rb") as file:
            yield file

    def path(self, digest: str) -> Path:
        file = self._file(digest)
        try:
            status = file.stat()
            seen = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._checked.get(digest) != seen:
                with file.open("rb") as stream:
                    found = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
                if found != digest:
                    raise BlobUnavailable(digest, f"its bytes have the digest {found}: they were changed on the disk")
                self._checked[digest] = seen
        except OSError as error:
            raise BlobUnavailable(digest, error.strerror or type(error).__name__) from error
        return file

    def holds(self, digest: str) -> bool:
        try:
            self.path(digest)
        except BlobUnavailable:
            return False
        return True

    def put_before(self, moment: datetime) -> Iterator[str]:
        for folder in sorted(self._root.iterdir()):
            for file in folder.iterdir():
                with suppress(FileNotFoundError):
                    if file.stat().st_mtime < moment.timestamp():
                        yield f"sha256:{file.name}"

    def delete(self, digest: str, *, put_before: datetime) -> bool:
        file = self._file(digest)
        try:
            with self._alone():
                if file.stat().st_mtime >= put_before.timestamp():
                    return False
                file.unlink()
        except FileNotFoundError:
            return True
        except OSError as error:
            raise BlobUnavailable(digest, error.strerror or type(error).__name__) from error
        self._checked.pop(digest, None)
        return True

    def size(self, digest: str) -> int:
        try:
            return self._file(digest).stat().st_size
        except FileNotFoundError:
            return 0

    def sweep(self, before: datetime, *, really: bool = True) -> int:
        freed = 0
        for file in self._incoming.iterdir():
            # Whoever still writes it keeps its time new.
            with suppress(FileNotFoundError):
                status = file.stat()
                if status.st_mtime < before.timestamp():
                    if really:
                        file.unlink()
                    freed += status.st_size
        return freed

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Of all processes on this folder one at a time puts a file in its place, or takes one away."""
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _file(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise BlobUnavailable(digest, "this is not a digest")
        name = digest.removeprefix("sha256:")
        return self._root / name[:2] / name


def _sync_folder(folder: Path) -> None:
    """Make the rename itself outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
