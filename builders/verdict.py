"""What can be said of an environment before anything of it is built (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from builders.bases import Base
from builders.diagnosis import Diagnosis
from builders.dockerfile import layers
from builders.lock import Lock, LockedPackage
from builders.pins import Repair


@dataclass(frozen=True, slots=True)
class Sharing:
    """What an environment has in common with one that is there: `bytes` are those of the packages' files.

    `layers` are the first ones of both, which the engine keeps only once.
    """

    environment: str
    packages: int
    bytes: int
    layers: int
    layer_bytes: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lock` and `environment` are None when it cannot be resolved, and `diagnosis` then says why.

    `to_download` and `to_compile` are what the package store does not have yet; `image_bytes` is None when there is no
    image yet.
    """

    base: Base
    environment: str | None = None
    lock: Lock | None = None
    repairs: tuple[Repair, ...] = ()
    to_download: tuple[LockedPackage, ...] = ()
    to_compile: tuple[LockedPackage, ...] = ()
    image_bytes: int | None = None
    shares: Sharing | None = None
    diagnosis: Diagnosis | None = None

    @property
    def ok(self) -> bool:
        return self.diagnosis is None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; `packages` have name, version, kind and bytes each."""
        packages = self.lock.packages if self.lock else ()
        return {
            "ok": self.ok,
            "base": {"language": self.base.language, "version": self.base.version, "image": self.base.image},
            "environment": self.environment,
            "image": {"exists": self.image_bytes is not None, "bytes": self.image_bytes},
            "packages": [package_document(each) for each in packages],
            "libraries": [package_document(each) for each in (self.lock.libraries if self.lock else ())],
            "compiles": [f"{each.name}=={each.version}" for each in self.to_compile],
            "package_bytes": _bytes(packages),
            "download_bytes": _bytes(self.to_download),
            "repairs": [repair.to_json() for repair in self.repairs],
            "shares": None if self.shares is None else asdict(self.shares),
            "diagnosis": None if self.diagnosis is None else self.diagnosis.to_json(),
        }


def package_document(package: LockedPackage) -> dict[str, Any]:
    """A locked package for people: `bytes` are those of its file, 0 where the index did not say."""
    return {"name": package.name, "version": package.version, "kind": package.kind, "bytes": package.file.size}


def nearest(lock: Lock, known: Mapping[str, Lock]) -> Sharing | None:
    """The environment (id → lock) that has most in common with the lock: layers first, then packages; None for none."""
    found = [_sharing(lock, environment, other) for environment, other in known.items()]
    shared = [each for each in found if each.packages]
    return max(shared, key=lambda each: (each.layer_bytes, each.bytes, each.environment), default=None)


def _sharing(lock: Lock, environment: str, other: Lock) -> Sharing:
    if (lock.language, lock.version, lock.platform) != (other.language, other.version, other.platform):
        return Sharing(environment, 0, 0, 0, 0)
    files = {each.file.sha256 for each in other.packages}
    common = [each for each in lock.packages if each.file.sha256 in files]
    first: list[LockedPackage] = []
    count = 0
    for mine, theirs in zip(layers(lock), layers(other), strict=False):
        if [each.file.sha256 for each in mine.packages] != [each.file.sha256 for each in theirs.packages]:
            break
        first += mine.packages
        count += 1
    return Sharing(environment, len(common), _bytes(common), count, _bytes(first))


def _bytes(packages: Iterable[LockedPackage]) -> int:
    return sum(package.file.size for package in packages)
