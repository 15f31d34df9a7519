"""A lake in a folder, so that it can be had back elsewhere: what is in it, written and read.

    manifest.json            what belongs to the backup; written last, so that a backup is whole or the one before
    database-<hash>.sqlite   first: all that it names is there when the rest is copied, for stored bytes never change
    blobs/…  packages/…      by content, copied once however often a backup is made in the folder
    bases/…                  the base images that environments were built on

Only its owner may read it. No token and no password is in it, only their hashes.
"""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from registry.domain.entities import now
from registry.domain.errors.lake import BlobUnavailable
from registry.domain.ports.blobs import Blobs

FORMAT = 1
_MANIFEST, _PART, _BY_CONTENT, _INCOMING = "manifest.json", "database.part", "sha256", "incoming"
_CHUNK = 1 << 20
Say = Callable[[str], None]


class BadBackup(Exception):
    """The folder is no backup, or not the one that its manifest tells of; the message says which file."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`blobs`: digest → bytes; `packages`: path → sha256; `bases`: id → name; `missing`: what could not be copied."""

    format: int
    lake: str
    weles: str
    made_at: str
    database: str
    database_sha256: str
    blobs: dict[str, int]
    packages: dict[str, str]
    bases: dict[str, str]
    missing: list[str]

    @property
    def bytes(self) -> int:
        """Of the stored contents."""
        return sum(self.blobs.values())


class Backup:
    """A backup in `folder`, there or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._blobs = folder / "blobs" / _BY_CONTENT
        self._packages = folder / "packages"
        self.bases = folder / "bases"

    def prepare(self) -> Path:
        """Make the folder; where the database is to be written. Raises BadBackup when something else is there."""
        part = self.folder / _PART
        begun = part.exists() or (self.folder / _MANIFEST).exists()
        if not begun and self.folder.is_dir() and any(self.folder.iterdir()):
            raise BadBackup(f"{self.folder} has files in it that are no backup's: name a new folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        # Made before there is anything in it, so that nobody else ever reads a byte.
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
        return part

    def write(
        self,
        *,
        lake: str,
        weles: str,
        blobs: Blobs,
        needed: Collection[str],
        packages: Path,
        bases: Mapping[str, str],
    ) -> Manifest:
        """Copy what the database, which is written already, needs; then say so. What is left of older backups goes."""
        part = self.folder / _PART
        sha256 = _sha256(part)
        name = f"database-{sha256[:12]}.sqlite"
        kept, missing = self._copy_blobs(blobs, needed)
        manifest = Manifest(
            format=FORMAT,
            lake=lake,
            weles=weles,
            made_at=now().isoformat(timespec="seconds"),
            database=name,
            database_sha256=sha256,
            blobs=kept,
            packages=self._copy_packages(packages),
            bases=dict(bases),
            missing=missing,
        )
        part.chmod(0o600)
        part.replace(self.folder / name)
        _write(self.folder / _MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
        self._forget_all_but(manifest)
        return manifest

    def read(self) -> Manifest:
        """Raises BadBackup."""
        try:
            document = json.loads((self.folder / _MANIFEST).read_bytes())
            manifest = Manifest(**document)
        except (OSError, ValueError, TypeError) as error:
            raise BadBackup(f"{self.folder} has no manifest of a backup: {error}") from error
        if manifest.format != FORMAT:
            raise BadBackup(f"{self.folder} has format {manifest.format}; this version reads {FORMAT}")
        if Path(manifest.database).name != manifest.database:
            raise BadBackup(f"{manifest.database!r} is no file of a backup")
        if not self._is(self.folder / manifest.database, manifest.database_sha256):
            raise BadBackup(f"{manifest.database} is not there, or was changed")
        return manifest

    def database(self, manifest: Manifest) -> Path:
        return self.folder / manifest.database

    def check(self, manifest: Manifest) -> list[str]:
        """Every file that is not there, or not as it was."""
        wrong = [f"blob {each}" for each in manifest.blobs if not self._is(self._blob(each), each[7:])]
        packages = manifest.packages.items()
        return wrong + [f"package {path}" for path, sha256 in packages if not self._is(self._package(path), sha256)]

    def put_back(self, manifest: Manifest, blobs: Blobs, packages: Path) -> None:
        """Put the contents into a lake; what is there already is left. Raises BadBackup for a file that was changed."""
        for digest in manifest.blobs:
            source = self._blob(digest)
            if blobs.size(digest) == manifest.blobs[digest]:
                continue
            try:
                with source.open("rb") as file:
                    found, _ = blobs.put(file)
            except OSError as error:
                raise BadBackup(f"blob {digest}: {error.strerror}") from error
            if found != digest:
                raise BadBackup(f"blob {digest} was changed: its bytes have the digest {found}")
        for path, sha256 in manifest.packages.items():
            target = packages / path
            if target.is_file() and _sha256(target) == sha256:
                continue
            source = self._package(path)
            if not self._is(source, sha256):
                raise BadBackup(f"package {path} is not there, or was changed")
            _copy(source, target, 0o444)

    def _copy_blobs(self, blobs: Blobs, needed: Collection[str]) -> tuple[dict[str, int], list[str]]:
        kept: dict[str, int] = {}
        missing = []
        for digest in sorted(needed):
            target = self._blob(digest)
            size = blobs.size(digest)
            # It is in its place only when it is whole.
            if not (target.exists() and target.stat().st_size == size):
                try:
                    with blobs.get(digest) as source:
                        _write(target, iter(lambda source=source: source.read(_CHUNK), b""))  # type: ignore[misc]
                except BlobUnavailable as error:
                    missing.append(f"{digest}: {error.detail}")
                    continue
            kept[digest] = size
        return kept, missing

    def _copy_packages(self, packages: Path) -> dict[str, str]:
        copied = {}
        for source in sorted(packages.rglob("*")):
            path = source.relative_to(packages)
            if not source.is_file() or path.parts[0] == _INCOMING:
                continue
            target = self._packages / path
            # sha256/ab/<the file's own hash>/name: what has its place by content is never another.
            sha256 = path.parts[2] if path.parts[0] == _BY_CONTENT and len(path.parts) == 4 else _sha256(source)
            if not (target.exists() and target.stat().st_size == source.stat().st_size) or path.parts[0] != _BY_CONTENT:
                _copy(source, target, 0o600)
            copied[path.as_posix()] = sha256
        return copied

    def _forget_all_but(self, manifest: Manifest) -> None:
        keep = {self._blob(each) for each in manifest.blobs} | {self._packages / each for each in manifest.packages}
        keep |= {self.folder / manifest.database, self.folder / _MANIFEST}
        keep |= {self.bases / f"{each.removeprefix('sha256:')}.tar" for each in manifest.bases}
        for file in [*self.folder.rglob("*")]:
            if file.is_file() and file not in keep:
                file.unlink()

    def _blob(self, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        if len(name) != 64 or not name.isalnum():
            raise BadBackup(f"{digest!r} is no digest")
        return self._blobs / name[:2] / name

    def _package(self, path: str) -> Path:
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise BadBackup(f"{path!r} is no file of a backup")
        return self._packages / path

    @staticmethod
    def _is(file: Path, sha256: str) -> bool:
        return file.is_file() and _sha256(file) == sha256


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _copy(source: Path, target: Path, mode: int) -> None:
    with source.open("rb") as stream:
        _write(target, iter(lambda: stream.read(_CHUNK), b""), mode)


def _write(target: Path, content: bytes | Iterator[bytes], mode: int = 0o600) -> None:
    """Whole or not at all, and readable for its owner alone from its first byte on."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = target.with_name(f"{target.name}.part")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:  # noqa: PTH123 (a descriptor)
        for part in (content,) if isinstance(content, bytes) else content:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), mode)
    beside.replace(target)
