"""What the hot path reads again and again, remembered for as long as the database has not changed.

The adapters of this module are those of their ports; the look-ups that a prediction waits for go to the database only
when something has been written since.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy import Engine

from registry.db.access import SqlAccess
from registry.db.accounts import SqlAccounts
from registry.db.freshness import Stamp, stamp_of
from registry.db.models import SqlModels
from registry.domain.access import Caller, Standing, Thing
from registry.domain.entities import ModelVersion
from registry.domain.version_ref import LATEST, VersionRef

_T = TypeVar("_T")
_MOST = 10_000


class Memory:
    """Results by key; all are forgotten at once when the stamp is another one. For all threads of a process."""

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._seen: Hashable = None
        self._kept: dict[Hashable, Any] = {}
        self._lock = threading.Lock()

    @classmethod
    def over(cls, engine: Engine) -> "Memory":
        return cls(stamp_of(engine))

    def get(self, key: Hashable, load: Callable[[], _T]) -> _T:
        """What `load` gave under this key since the last change. What it raises is not kept."""
        now = self._stamp()
        with self._lock:
            if now != self._seen:
                self._seen, self._kept = now, {}
            kept = self._kept
        if key in kept:
            return cast(_T, kept[key])
        # Read after the stamp: if it is newer than that, the next stamp is another one, and it is forgotten.
        value = load()
        if len(kept) >= _MOST:
            kept.clear()
        kept[key] = value
        return value


class RememberingAccounts(SqlAccounts):
    def __init__(self, engine: Engine, memory: Memory) -> None:
        super().__init__(engine)
        self._memory = memory

    def caller(self, digest: str) -> Caller | None:
        # A token may expire without anything being written: it is looked at again every second.
        key = ("caller", digest, int(time.time()))
        return self._memory.get(key, lambda: super(RememberingAccounts, self).caller(digest))


class RememberingAccess(SqlAccess):
    def __init__(self, engine: Engine, memory: Memory) -> None:
        super().__init__(engine)
        self._memory = memory

    def standing(self, thing: Thing, name: str, user_id: int | None) -> Standing | None:
        if thing is not Thing.MODEL:
            return super().standing(thing, name, user_id)
        key = ("standing", name, user_id)
        return self._memory.get(key, lambda: super(RememberingAccess, self).standing(thing, name, user_id))


class RememberingModels(SqlModels):
    def __init__(self, engine: Engine, memory: Memory) -> None:
        super().__init__(engine)
        self._memory = memory

    def version(self, model: str, ref: VersionRef = LATEST) -> ModelVersion:
        key = ("version", model, ref)
        return self._memory.get(key, lambda: super(RememberingModels, self).version(model, ref))
