"""Deterministic build contexts: the same content is the same bytes, whoever makes it and when."""

import gzip
import hashlib
import io
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

_LEFT_OUT = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})


def runtime_files(folder: Path) -> dict[str, Path]:
    """Relative POSIX path → file, of every file of a runtime; caches and compiled files are left out."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc" and not _LEFT_OUT & set(path.relative_to(folder).parts)
    }


def runtime_digest(folder: Path) -> str:
    """`sha256:…` of a runtime's files, by relative path and bytes. Raises FileNotFoundError when it has none."""
    files = runtime_files(folder)
    if not files:
        raise FileNotFoundError(f"there is no runtime in {folder}")
    digest = hashlib.sha256()
    for name, path in files.items():
        content = path.read_bytes()
        digest.update(f"{len(name.encode())}:{name}{len(content)}:".encode())
        digest.update(content)
    return "sha256:" + digest.hexdigest()


@contextmanager
def build_context(files: Mapping[str, bytes | Path], folder: Path | None = None) -> Iterator[BinaryIO]:
    """A gzipped tar of the files by their names in it, as an open file at its start.

    It is spooled to `folder` (default: the system's folder for temporary files), not held in memory.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as spool:
        write_context(files, cast(BinaryIO, spool))
        spool.seek(0)
        yield cast(BinaryIO, spool)


def write_context(files: Mapping[str, bytes | Path], target: BinaryIO) -> None:
    """Write the gzipped tar: names sorted, times 0, owner root, mode 0644."""
    # Wheels are compressed already; level 0 only wraps them, because the engine takes BuildKit contexts gzipped.
    with (
        gzip.GzipFile(filename="", fileobj=target, mode="wb", compresslevel=0, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(files):
            content = files[name]
            entry = tarfile.TarInfo(name)
            entry.mode = 0o644
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                entry.size = source.seek(0, io.SEEK_END)
                source.seek(0)
                tar.addfile(entry, source)
