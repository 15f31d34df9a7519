"""What was resolved: every package with its version and the hash of its file (pure)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast

from builders.pins import Repair, is_package_name, is_package_version
from builders.r.names import is_debian_name, is_debian_version, is_r_name, is_r_version

Kind = Literal["wheel", "sdist", "r-source", "deb"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
# One path component, nothing that a shell or a Dockerfile could read in another way, and never a hidden file.
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,250}")


@dataclass(frozen=True, slots=True)
class _Rules:
    is_name: Callable[[str], bool]
    is_version: Callable[[str], bool]
    endings: tuple[str, ...]


_RULES: Mapping[str, _Rules] = {
    "wheel": _Rules(is_package_name, is_package_version, (".whl",)),
    "sdist": _Rules(is_package_name, is_package_version, (".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz")),
    "r-source": _Rules(is_r_name, is_r_version, (".tar.gz",)),
    "deb": _Rules(is_debian_name, is_debian_version, (".deb",)),
}


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
    """One package of a lock. A LockedPackage that exists is valid: anything else raises ValueError.

    `needs` are the locked packages that must be there when it is compiled; of these it compiles against `links`.
    """

    name: str
    version: str
    file: PackageFile
    kind: Kind
    needs: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rules = _RULES.get(self.kind)
        if rules is None or not self.file.filename.endswith(rules.endings):
            raise ValueError(f"{self.file.filename} is not a {self.kind}")
        if not rules.is_name(self.name):
            raise ValueError(f"{self.name!r} is not a normalised package name")
        if not rules.is_version(self.version):
            raise ValueError(f"{self.version!r} is not a normalised version")
        if not all(map(rules.is_name, (*self.needs, *self.links))):
            raise ValueError(f"{self.name} needs what is not a package name")

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "kind": self.kind,
            "filename": self.file.filename,
            "sha256": self.file.sha256,
            "size": self.file.size,
        }
        lists = {"needs": [*self.needs], "links": [*self.links]}
        return data | {name: names for name, names in lists.items() if names}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        file = PackageFile(data["filename"], data["sha256"], data["size"])
        needs, links = tuple(data.get("needs", ())), tuple(data.get("links", ()))
        return cls(data["name"], data["version"], file, cast(Kind, data["kind"]), needs, links)


@dataclass(frozen=True, slots=True)
class Lock:
    """The whole of an environment for one language version and platform; packages are kept sorted by name.

    `version` is the base's full one (3.11.2); `libraries` are the system's packages that the others need at run time.
    Raises ValueError when a package is there twice. Never holds addresses.
    """

    language: str
    version: str
    platform: str
    packages: tuple[LockedPackage, ...]
    libraries: tuple[LockedPackage, ...] = ()

    def __post_init__(self) -> None:
        for field_name in ("packages", "libraries"):
            ordered = tuple(sorted(getattr(self, field_name), key=lambda package: package.name))
            names = [package.name for package in ordered]
            if len(names) != len(set(names)):
                raise ValueError("a package is locked twice")
            object.__setattr__(self, field_name, ordered)
        if any(package.kind != "deb" for package in self.libraries):
            raise ValueError("only packages of the system are libraries")

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "language": self.language,
            "version": self.version,
            "platform": self.platform,
            "packages": [package.to_json() for package in self.packages],
        }
        return data | ({"libraries": [each.to_json() for each in self.libraries]} if self.libraries else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        packages = tuple(LockedPackage.from_json(package) for package in data["packages"])
        libraries = tuple(LockedPackage.from_json(package) for package in data.get("libraries", ()))
        return cls(data["language"], data["version"], data["platform"], packages, libraries)


@dataclass(frozen=True, slots=True)
class Resolution:
    """A lock, where its files can be had (sha256 → URL, kept out of the lock), and what had to be repaired.

    `tools` are packages of the system that compiling needs, and no image gets.

    URLs may carry a private index's credentials: they are not shown by repr and belong in no label, image or log.
    """

    lock: Lock
    urls: Mapping[str, str] = field(repr=False)
    repairs: tuple[Repair, ...] = ()
    tools: tuple[LockedPackage, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "lock": self.lock.to_json(),
            "urls": dict(self.urls),
            "repairs": [repair.to_json() for repair in self.repairs],
            "tools": [tool.to_json() for tool in self.tools],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        repairs = tuple(Repair.from_json(repair) for repair in data["repairs"])
        tools = tuple(LockedPackage.from_json(tool) for tool in data.get("tools", ()))
        return cls(Lock.from_json(data["lock"]), dict(data["urls"]), repairs, tools)
