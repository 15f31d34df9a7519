"""Content-addressed bytes in a folder, `<root>/sha256/ab/<hex>`: written beside, synced, renamed; checked when read."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from registry.domain.errors import BlobUnavailable, TooLarge

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
