"""The package store: package files by content, so that images can be made again with the network off."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from builders.errors import BuilderError, BuilderUnavailable
from builders.lock import LockedPackage, PackageFile

_CHUNK = 1 << 20


class WrongContent(Exception):
    """What was to be stored is not what its hash says; `filename` and `got`, the hash that it has."""

    def __init__(self, filename: str, got: str) -> None:
        super().__init__(f"hash mismatch for {filename}: it has {got}")
        self.filename = filename
        self.got = got


class PackageMissing(BuilderError):
    """A locked package has no file in the store (any more): fetch it again, with the network on."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(f"{name} {version} is not in the package store")
        self.name = name
        self.version = version

    def __reduce__(self) -> tuple[type["PackageMissing"], tuple[str, str]]:
        return PackageMissing, (self.name, self.version)


@dataclass(frozen=True, slots=True)
class Missing:
    """What the store lacks for a lock: `files` to be downloaded, packages whose source must be `compiled`."""

    files: tuple[LockedPackage, ...]
    compiled: tuple[LockedPackage, ...]


class PackageStore:
    """Files at `root/sha256/ab/abcdef…/filename`. Several processes may use one root at the same time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"

    def add(self, file: PackageFile, stream: BinaryIO) -> Path:
        """Keep all of the stream under the file's hash. Raises WrongContent, BuilderUnavailable (disk)."""
        try:
            with self._temporary() as (temporary, target):
                digest = hashlib.sha256()
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    target.write(chunk)
                if digest.hexdigest() != file.sha256:
                    raise WrongContent(file.filename, digest.hexdigest())
                target.flush()
                os.fsync(target.fileno())
                return self._place(temporary, self._path(file))
        except OSError as error:
            raise BuilderUnavailable(f"the package store cannot be written: {error.strerror or error}") from error

    def keep(self, filename: str, stream: BinaryIO) -> PackageFile:
        """Keep all of the stream; the file that it is. Raises BuilderUnavailable (disk)."""
        try:
            with self._temporary() as (temporary, target):
                shutil.copyfileobj(stream, target, _CHUNK)
                target.flush()
                os.fsync(target.fileno())
                file = PackageFile(filename, _digest(temporary), temporary.stat().st_size)
                self._place(temporary, self._path(file))
        except OSError as error:
            raise BuilderUnavailable(f"the package store cannot be written: {error.strerror or error}") from error
        return file

    def add_built(self, package: LockedPackage, base_version: str, filename: str, stream: BinaryIO) -> Path:
        """Keep what was compiled from a package's source, for one version of the language."""
        file = self.keep(filename, stream)
        try:
            record = json.dumps({"filename": file.filename, "sha256": file.sha256, "size": file.size})
            with self._temporary() as (temporary, target):
                target.write(record.encode())
                target.flush()
                os.fsync(target.fileno())
                self._place(temporary, self._record(package, base_version))
        except OSError as error:
            raise BuilderUnavailable(f"the package store cannot be written: {error.strerror or error}") from error
        return self._path(file)

    def file(self, file: PackageFile) -> Path | None:
        """The stored file, its content checked; None when it is not there. A damaged one is removed first."""
        path = self._path(file)
        if not path.is_file():
            return None
        if _digest(path) == file.sha256:
            return path
        path.unlink(missing_ok=True)
        return None

    def ready(self, package: LockedPackage, base_version: str) -> Path | None:
        """What to install for the package: its file, or what was compiled from its source; None when not there."""
        if package.kind in ("wheel", "deb"):
            return self.file(package.file)
        try:
            record = json.loads(self._record(package, base_version).read_text("utf-8"))
            return self.file(PackageFile(record["filename"], record["sha256"], record["size"]))
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def size(self, file: PackageFile) -> int:
        """Its bytes; 0 when it is not there."""
        try:
            return self._path(file).stat().st_size
        except FileNotFoundError:
            return 0

    def has(self, file: PackageFile) -> bool:
        """Is it there? Its content is not looked at: what is damaged is found when it is used."""
        return self._path(file).is_file()

    def has_built(self, package: LockedPackage, base_version: str) -> bool:
        """Is it known what was compiled from the package's source?"""
        return self._record(package, base_version).is_file()

    def _path(self, file: PackageFile) -> Path:
        return self.root / "sha256" / file.sha256[:2] / file.sha256 / file.filename

    def _record(self, package: LockedPackage, base_version: str) -> Path:
        return self.root / "built" / base_version / f"{package.file.sha256}.json"

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, BinaryIO]]:
        self._incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._incoming)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                yield path, target
        finally:
            path.unlink(missing_ok=True)

    @staticmethod
    def _place(temporary: Path, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o444)
        temporary.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
