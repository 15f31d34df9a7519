"""Keeps the engine's disk below its mark by pruning images, as an operator would by hand."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from registry.domain.amounts import size_text
from registry.domain.upkeep import Criteria
from registry.domain.watermarks import Disk, Watermarks
from registry.services.pruning import PruningService

_log = logging.getLogger(__name__)
# What was used a moment ago will be used again: pruning it would only build and prune in turns.
RECENT = timedelta(minutes=15)
_SAY_AGAIN_SECONDS = 3600.0


class DiskKeeper:
    """`disk` looks at how full it is. One look after the other, from one thread."""

    def __init__(self, marks: Watermarks, disk: Callable[[], Disk], pruning: PruningService) -> None:
        self._marks = marks
        self._disk = disk
        self._pruning = pruning
        self._said = float("-inf")

    def look(self) -> int:
        """Prune when the disk is above its high mark; the bytes that were freed. Raises BuilderUnavailable."""
        disk = self._disk()
        over = self._marks.to_free(disk)
        if not over:
            return 0
        reason = f"the disk was {disk.fraction:.0%} full ({size_text(disk.used)}), above {self._marks.high.text}"
        plan = self._pruning.plan(Criteria(free_bytes=over, idle_for=RECENT))
        done = self._pruning.prune(plan, reason)
        if done.removed:
            _log.warning("%s: freed %s of %s", reason, size_text(done.freed_bytes), size_text(over))
        if not plan.reached and time.monotonic() - self._said > _SAY_AGAIN_SECONDS:
            self._said = time.monotonic()
            _log.warning("%s, and no image more may be pruned: they are in use, pinned, or were just used", reason)
        return done.freed_bytes
