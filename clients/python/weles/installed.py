"""What is installed in this interpreter: which distribution a module is of, and what that one needs."""

from __future__ import annotations

import json
import re
import sys
import sysconfig
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

__all__ = ["Installed", "normalised", "source_of"]

# Extras by which a package is developed, not used.
_DEVELOPMENT = re.compile(
    r"(?:all|bench|build|ci|complete|cov|dev|doc|example|format|lint|maint|mypy|pre|style|test|typ)"
)


def normalised(name: str) -> str:
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def source_of(distribution: metadata.Distribution) -> str | None:
    """The address that a distribution was installed from (PEP 610), None when it came from an index."""
    try:
        direct: dict[str, Any] = json.loads(distribution.read_text("direct_url.json") or "{}")
        url = str(direct["url"])
    except (ValueError, KeyError):
        return None
    if isinstance(direct.get("vcs_info"), dict):
        return f"{direct['vcs_info'].get('vcs', 'git')}+{url}@{direct['vcs_info'].get('commit_id', '')}"
    return url


class Installed:
    """The distributions on sys.path, by normalised name; of two with one name the first, which is imported."""

    def __init__(self) -> None:
        self.distributions: dict[str, metadata.Distribution] = {}
        for distribution in metadata.distributions():
            name = distribution.metadata["Name"]
            if name and distribution.version:
                self.distributions.setdefault(normalised(name), distribution)
        self._owners: dict[str, set[str]] = {}
        for key, distribution in self.distributions.items():
            for module in _top_level(distribution):
                self._owners.setdefault(module, set()).add(key)

    def owners(self, module: str) -> set[str] | None:
        """The distributions (normalised names) that a module is of: empty for Python's own, None for nobody's."""
        top = module.partition(".")[0]
        owners = self._owners.get(top)
        if owners is None:
            return set() if _is_standard(top) else None
        return owners if len(owners) == 1 else self._narrowed(module, owners)

    def closure(self, names: Iterable[str], *, using: Collection[str] = ()) -> list[str]:
        """The names and all that they need. Of those in `using` also what is optional and imported in this session."""
        waiting, found = deque((name, "") for name in names), set()
        while waiting:
            name, extra = waiting.popleft()
            if (name, extra) in found or name not in self.distributions:
                continue
            found.add((name, extra))
            for requirement in _requirements(self.distributions[name]):
                needed = normalised(requirement.name)
                if self._applies(name, requirement, needed, extra, optional=name in using):
                    waiting.extend((needed, each) for each in ("", *requirement.extras))
        return sorted({name for name, _ in found})

    def is_imported(self, name: str) -> bool:
        """Has this session imported anything of the distribution?"""
        distribution = self.distributions.get(name)
        return distribution is not None and any(module in sys.modules for module in _top_level(distribution))

    def _applies(self, name: str, requirement: Requirement, needed: str, extra: str, *, optional: bool) -> bool:
        marker = requirement.marker
        if marker is None:
            return not extra
        if marker.evaluate({"extra": extra}):
            return True
        if not optional:
            return False
        extras = self.distributions[name].metadata.get_all("Provides-Extra") or ()
        usable = [each for each in extras if not _DEVELOPMENT.match(each.lower())]
        return self.is_imported(needed) and any(marker.evaluate({"extra": each}) for each in usable)

    def _narrowed(self, module: str, owners: set[str]) -> set[str]:
        """Of several distributions that share a namespace, the one that has the module's file."""
        file = getattr(sys.modules.get(module), "__file__", None)
        if file is None:
            return owners
        path = Path(file).resolve()
        having = {each for each in owners if path in _files(self.distributions[each])}
        return having or owners


def _requirements(distribution: metadata.Distribution) -> Iterator[Requirement]:
    for text in distribution.requires or ():
        try:
            yield Requirement(text)
        except InvalidRequirement:
            continue  # broken metadata of an old package: the lake's resolver sees to what it needs


def _top_level(distribution: metadata.Distribution) -> set[str]:
    listed = (distribution.read_text("top_level.txt") or "").split()
    if listed:
        return set(listed)
    found = set()
    for file in distribution.files or ():
        top = file.parts[0]
        if (
            len(file.parts) > 1
            and not top.endswith((".dist-info", ".data", ".egg-info"))
            and top not in ("..", "__pycache__")
        ):
            found.add(top)
        elif len(file.parts) == 1 and file.suffix in (".py", ".so", ".pyd"):
            found.add(top.partition(".")[0])
    return found


def _files(distribution: metadata.Distribution) -> set[Path]:
    return {Path(str(distribution.locate_file(file))).resolve() for file in distribution.files or ()}


def _is_standard(top: str) -> bool:
    """Is the module Python's own?"""
    names = getattr(sys, "stdlib_module_names", None)
    if names is not None:
        return top in names
    file = getattr(sys.modules.get(top), "__file__", None)
    own = Path(sysconfig.get_paths()["stdlib"])
    return file is None or (own in Path(file).parents and "site-packages" not in Path(file).parts)
