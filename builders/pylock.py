"""A pylock.toml (PEP 751), as uv writes it for one interpreter and platform → packages with their files (pure)."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from builders.lock import Kind, LockedPackage, PackageFile


class UnusableLock(ValueError):
    """The text is no pylock.toml, or has a package without a file or a hash; `package` names it."""

    def __init__(self, reason: str, package: str | None = None) -> None:
        super().__init__(reason)
        self.package = package


@dataclass(frozen=True, slots=True)
class LockedFiles:
    """Packages, and the address of each file by its SHA-256."""

    packages: tuple[LockedPackage, ...]
    urls: Mapping[str, str] = field(repr=False)


def parse_pylock(text: str, size_of: Callable[[str], int] = lambda url: 0) -> LockedFiles:
    """Read the lock: of every package its wheel, or its source if it has no wheel.

    `size_of` gives the bytes of a file by its address where the lock does not say. Raises UnusableLock.
    """
    try:
        entries = tomllib.loads(text).get("packages", [])
    except tomllib.TOMLDecodeError as error:
        raise UnusableLock(f"the resolver's answer cannot be read: {error}") from error
    packages, urls = [], {}
    for entry in entries:
        name = str(entry.get("name"))
        try:
            package, url = _package(entry, size_of)
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableLock(f"{name} cannot be locked: {error}", name) from error
        packages.append(package)
        urls[package.file.sha256] = url
    return LockedFiles(tuple(packages), urls)


def _package(entry: Mapping[str, Any], size_of: Callable[[str], int]) -> tuple[LockedPackage, str]:
    kind: Kind = "wheel" if entry.get("wheels") else "sdist"
    if kind == "sdist" and "sdist" not in entry:
        raise ValueError("it has no file on the index")
    source = entry["wheels"][0] if kind == "wheel" else entry["sdist"]
    url = str(source["url"])
    filename = source.get("name") or unquote(urlsplit(url).path).rpartition("/")[2]
    size = int(source.get("size") or size_of(url))
    file = PackageFile(str(filename), str(source["hashes"]["sha256"]), size)
    return LockedPackage(str(entry["name"]), str(entry["version"]), file, kind), url
