"""What two locks do not have in common (pure)."""

from dataclasses import dataclass
from typing import Any

from builders.lock import Lock, LockedPackage


@dataclass(frozen=True, slots=True)
class Change:
    """A package that both have: `before` and `after` are versions, the same when only the file is another one."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Differences:
    """From one lock to another: what comes, what goes, what changes; `interpreter` when the language's version does."""

    added: tuple[LockedPackage, ...]
    removed: tuple[LockedPackage, ...]
    changed: tuple[Change, ...]
    same: int
    interpreter: tuple[str, str] | None

    def to_json(self) -> dict[str, Any]:
        return {
            "added": [{"name": each.name, "version": each.version} for each in self.added],
            "removed": [{"name": each.name, "version": each.version} for each in self.removed],
            "changed": [{"name": each.name, "from": each.before, "to": each.after} for each in self.changed],
            "same": self.same,
            "interpreter": None
            if self.interpreter is None
            else {"from": self.interpreter[0], "to": self.interpreter[1]},
        }


def differences(before: Lock, after: Lock) -> Differences:
    """The system's libraries count as packages."""
    old = {each.name: each for each in (*before.packages, *before.libraries)}
    new = {each.name: each for each in (*after.packages, *after.libraries)}
    both = sorted(old.keys() & new.keys())
    changed = [name for name in both if old[name].file.sha256 != new[name].file.sha256]
    interpreters = (f"{before.language} {before.version}", f"{after.language} {after.version}")
    return Differences(
        added=tuple(new[name] for name in sorted(new.keys() - old.keys())),
        removed=tuple(old[name] for name in sorted(old.keys() - new.keys())),
        changed=tuple(Change(name, old[name].version, new[name].version) for name in changed),
        same=len(both) - len(changed),
        interpreter=None if interpreters[0] == interpreters[1] else interpreters,
    )
