"""What was resolved: every package with its version and the hash of its file (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast

from builders.pins import Repair, is_package_name, is_package_version

Kind = Literal["wheel", "sdist"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
# One path component, nothing that a shell or a Dockerfile could read in another way, and never a hidden file.
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,250}")
_SDIST_ENDINGS = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz")


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A package's file by content. `sha256` is 64 hex digits, `size` in bytes (0: the index did not say)."""

    filename: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        if _FILENAME.fullmatch(self.filename) is None:
            raise ValueError(f"{self.filename!r} is not the name of a package file")
        if _SHA256.fullmatch(self.sha256) is None:
            raise ValueError(f"{self.sha256!r} is not a SHA-256 in hex")
        if self.size < 0:
            raise ValueError(f"{self.filename} cannot have {self.size} bytes")


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One package of a lock. A LockedPackage that exists is valid: anything else raises ValueError."""

    name: str
    version: str
    file: PackageFile
    kind: Kind

    def __post_init__(self) -> None:
        if not is_package_name(self.name):
            raise ValueError(f"{self.name!r} is not a normalised package name")
        if not is_package_version(self.version):
            raise ValueError(f"{self.version!r} is not a normalised version")
        endings = {"wheel": (".whl",), "sdist": _SDIST_ENDINGS}.get(self.kind)
        if endings is None or not self.file.filename.endswith(endings):
            raise ValueError(f"{self.file.filename} is not a {self.kind}")

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": self.version,
            "kind": self.kind,
            "filename": self.file.filename,
            "sha256": self.file.sha256,
            "size": self.file.size,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        file = PackageFile(data["filename"], data["sha256"], data["size"])
        return cls(data["name"], data["version"], file, cast(Kind, data["kind"]))


@dataclass(frozen=True, slots=True)
class Lock:
    """The whole of an environment for one language version and platform; packages are kept sorted by name.

    `version` is the base's full one (3.11.2). Raises ValueError when a package is there twice. Never holds addresses.
    """

    language: str
    version: str
    platform: str
    packages: tuple[LockedPackage, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.packages, key=lambda package: package.name))
        names = [package.name for package in ordered]
        if len(names) != len(set(names)):
            raise ValueError("a package is locked twice")
        object.__setattr__(self, "packages", ordered)

    def to_json(self) -> dict[str, Any]:
        return {
            "language": self.language,
            "version": self.version,
            "platform": self.platform,
            "packages": [package.to_json() for package in self.packages],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        packages = tuple(LockedPackage.from_json(package) for package in data["packages"])
        return cls(data["language"], data["version"], data["platform"], packages)


@dataclass(frozen=True, slots=True)
class Resolution:
    """A lock, where its files can be had (sha256 → URL, kept out of the lock), and what had to be repaired.

    URLs may carry a private index's credentials: they are not shown by repr and belong in no label, image or log.
    """

    lock: Lock
    urls: Mapping[str, str] = field(repr=False)
    repairs: tuple[Repair, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "lock": self.lock.to_json(),
            "urls": dict(self.urls),
            "repairs": [repair.to_json() for repair in self.repairs],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        repairs = tuple(Repair.from_json(repair) for repair in data["repairs"])
        return cls(Lock.from_json(data["lock"]), dict(data["urls"]), repairs)
