"""Which containers are up, and how those that were ended: what a runner remembers, whatever runs them."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from registry.domain.ports.runner import Ending
from registry.runners.run_folder import RunFolder

UNKNOWN = Ending(None, False)
_ENDED_BY_THE_LAKE = Ending(0, False)
_ENDINGS_KEPT = 256


@dataclass(slots=True, kw_only=True)
class Entry:
    """A container that was started or taken over here. `version_id` is None as long as it waits for a model.

    `settled`: it is up, and nobody waits for that any more.
    """

    id: str
    image_id: str
    version_id: str | None
    folder: RunFolder
    settled: bool = False
    started: float = field(default_factory=time.monotonic)


Kind = TypeVar("Kind", bound=Entry)


class Roster(Generic[Kind]):
    """Threads share it. Names are those of run folders, which are never used again."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._up: dict[str, Kind] = {}
        # Oldest first.
        self._endings: dict[str, Ending] = {}

    def all(self) -> list[Kind]:
        with self._news:
            return list(self._up.values())

    def add(self, each: Kind) -> None:
        with self._news:
            self._up[each.folder.path.name] = each

    def take_over(self, each: Kind) -> bool:
        """Add one from before; False when another one is its version's already."""
        with self._news:
            if any(other.version_id == each.version_id for other in self._up.values()):
                return False
            self._up[each.folder.path.name] = each
            return True

    def bind(self, image_id: str, version_id: str) -> Kind | None:
        """One of that image that waits, from now on this version's alone; it is not settled again yet."""
        with self._news:
            fit = (each for each in self._up.values() if each.version_id is None and each.settled)
            bound = next((each for each in fit if each.image_id == image_id), None)
            if bound is not None:
                bound.version_id, bound.settled = version_id, False
            return bound

    def settle(self, each: Kind) -> None:
        with self._news:
            each.settled = True

    def leave(self, version_id: str | None, folder: Path) -> Kind | None:
        """The lake ends the version's container of this run folder: it is off from now on. None: it is not on."""
        with self._news:
            known = self._up.get(folder.name)
            if known is None or known.version_id != version_id:
                return None
            # Nobody may blame the model for it. What was news before stays.
            self._note(folder.name, _ENDED_BY_THE_LAKE)
            return self._up.pop(folder.name)

    def over(self, name: str, ending: Ending) -> Kind | None:
        """One has ended by itself: it, off from now on, if it was settled.

        While it starts it stays on: whoever starts it still has to read why it failed.
        """
        with self._news:
            self._note(name, ending)
            known = self._up.get(name)
            return self._up.pop(name) if known is not None and known.settled else None

    def ending(self, folder: Path, wait_seconds: float = 0) -> Ending | None:
        """How the container of this run folder ended, as soon as that is news; None when it is not in time."""
        with self._news:
            self._news.wait_for(lambda: folder.name in self._endings, wait_seconds)
            return self._endings.get(folder.name)

    def _note(self, name: str, ending: Ending) -> None:
        self._endings.setdefault(name, ending)
        while len(self._endings) > _ENDINGS_KEPT:
            del self._endings[next(iter(self._endings))]
        self._news.notify_all()
