"""Giving up images: which are there, which to remove, what that costs, and removing them.

An image can always be made again from the package store; the next call of a model that needs it waits for that.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from builders.prune import Image, chance_of_use, freed_bytes, plan_removal
from builders.stored_images import Store, StoredImage
from registry.domain.entities import State, now
from registry.domain.upkeep import Criteria, EnvironmentRecord, ImageStore, Pruning, UpkeepRecords

_log = logging.getLogger(__name__)
# What a build takes whose time was not kept.
ASSUMED_SECONDS = 60.0
# A build is at work on an image that was not verified yet: it is left alone for so long.
_UNFINISHED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """An image of the lake with what is known of it. `own_bytes`: what removing it alone would free."""

    image: StoredImage
    record: EnvironmentRecord | None
    own_bytes: int
    cost: float
    why_kept: str

    @property
    def built_at(self) -> datetime:
        return (self.record.built_at if self.record else None) or self.image.built_at

    @property
    def used_at(self) -> datetime | None:
        return self.record.used_at if self.record else None


@dataclass(frozen=True, slots=True)
class Shelf:
    """All images of a lake. `bytes`: what they hold together, each layer once, without those that others have, too."""

    images: tuple[Kept, ...]
    bytes: int
    store: Store


@dataclass(frozen=True, slots=True)
class PruningPlan:
    """`remove` in order. `bytes_before`: of all the lake's images. `reached`: what was asked for will be."""

    remove: tuple[Kept, ...]
    freed_bytes: int
    bytes_before: int
    reached: bool


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of a plan; `refused` were in use when it was their turn."""

    removed: tuple[Kept, ...]
    refused: tuple[Kept, ...]
    freed_bytes: int


class PruningService:
    """Several may prune at once, and beside a worker: what is in use the engine does not give away."""

    def __init__(self, images: ImageStore, records: UpkeepRecords, clock: Callable[[], datetime] = now) -> None:
        self._images = images
        self._records = records
        self._now = clock

    def shelf(self) -> Shelf:
        """What is there. Raises BuilderUnavailable."""
        store, at = self._images.look(), self._now()
        records = {each.id: each for each in self._records.records()}
        every = _every(store)
        kept = []
        for image in store.images:
            record = records.get(image.environment or "")
            own = freed_bytes(every, {image.image_id})
            kept.append(Kept(image, record, own, _cost(image, record, at), _why_kept(image, record, at)))
        total = freed_bytes(every, {each.image_id for each in store.images})
        return Shelf(tuple(kept), total, store)

    def plan(self, criteria: Criteria, shelf: Shelf | None = None) -> PruningPlan:
        """What to remove. Nothing that is in use, pinned or needed by a job. Raises BuilderUnavailable."""
        shelf, at = shelf or self.shelf(), self._now()
        candidates = {each.image.image_id: each for each in shelf.images if not each.why_kept}
        fitting = {name: each for name, each in candidates.items() if _fits(each, criteria, at)}
        target = criteria.free_bytes
        if criteria.keep_bytes is not None:
            target = max(target or 0, shelf.bytes - criteria.keep_bytes)
        costs = {name: each.cost for name, each in fitting.items()}
        plan = plan_removal(_every(shelf.store), costs, target)
        return PruningPlan(tuple(fitting[each] for each in plan.remove), plan.freed_bytes, shelf.bytes, plan.reached)

    def prune(self, plan: PruningPlan, reason: str) -> Pruned:
        """Remove what is planned, but for what has been taken into use since; write it down.

        Raises BuilderUnavailable.
        """
        before = self.shelf()
        why_kept = {each.image.image_id: each.why_kept for each in before.images}
        wanted = [each for each in plan.remove if not why_kept.get(each.image.image_id, "gone")]
        removal = self._images.remove([each.image.image_id for each in wanted])
        gone = set(removal.removed)
        removed = tuple(each for each in wanted if each.image.image_id in gone)
        freed = max(0, freed_bytes(_every(before.store), gone) - removal.cached_bytes)
        self._records.add_prunings(_written_down(removed, before, reason, self._now()))
        for each in removed:
            _log.info("pruned the image of %s (%s)", each.image.environment or each.image.name, reason)
        return Pruned(removed, tuple(each for each in plan.remove if each.image.image_id not in gone), freed)


def models_of(kept: Kept) -> list[str]:
    """The versions that need the image, as people write them."""
    return [str(each) for each in kept.record.versions] if kept.record else []


def _every(store: Store) -> list[Image]:
    return [*(Image(each.image_id, each.layers) for each in store.images), *store.others]


def _why_kept(image: StoredImage, record: EnvironmentRecord | None, at: datetime) -> str:
    """Why the image must not be touched now; empty when it may go."""
    if image.used_by:
        return "in use"
    if record is not None and record.pinned:
        return "pinned"
    if record is not None and record.at_work:
        return "a job needs it"
    if image.environment is None and at - image.built_at < _UNFINISHED:
        return "being built"
    return ""


def _cost(image: StoredImage, record: EnvironmentRecord | None, at: datetime) -> float:
    """Seconds that somebody is likely to wait for it within a week."""
    if record is None or not _works(record):
        return 0.0
    seconds = ASSUMED_SECONDS if record.build_seconds is None else record.build_seconds
    age, idle = at - record.created_at, at - (record.used_at or record.built_at or image.built_at)
    return seconds * chance_of_use(record.uses, max(0.0, age.total_seconds()), max(0.0, idle.total_seconds()))


def _works(record: EnvironmentRecord) -> bool:
    return any(each.state is not State.FAILED for each in record.versions)


def _fits(kept: Kept, criteria: Criteria, at: datetime) -> bool:
    record = kept.record
    used_at = kept.used_at or kept.built_at
    return (
        (criteria.built_before is None or at - kept.built_at > criteria.built_before)
        and (criteria.idle_for is None or at - used_at > criteria.idle_for)
        and (not criteria.unused or record is None or not record.versions)
        and (not criteria.failed or record is None or (bool(record.versions) and not _works(record)))
    )


def _written_down(removed: Sequence[Kept], shelf: Shelf, reason: str, at: datetime) -> list[Pruning]:
    every, gone, before, written = _every(shelf.store), set[str](), 0, []
    for each in removed:
        gone.add(each.image.image_id)
        freed = freed_bytes(every, gone)
        if each.record is not None:
            seconds = each.record.build_seconds
            written.append(Pruning(each.record.id, at, reason, freed - before, seconds, tuple(models_of(each))))
        before = freed
    return written
