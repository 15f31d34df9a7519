"""What is pruned, and what never is, over a store of images in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders.prune import Layer
from builders.stored_images import Removal, Store, StoredImage
from registry.domain.entities import State, now
from registry.domain.upkeep import Criteria, EnvironmentRecord, Pruning, UsedBy
from registry.domain.watermarks import Disk, Watermarks
from registry.services.pruning import PruningService, models_of
from registry.services.watermarks import DiskKeeper

AT = now()
DAY = timedelta(days=1)
BASE = Layer("base", 1000)


def image(name: str, *layers: Layer, **changes: Any) -> StoredImage:
    return replace(
        StoredImage(
            image_id=name,
            environment=f"env-{name}",
            name=f"weles-env/x:{name}",
            bytes=sum(each.bytes for each in (BASE, *layers)),
            built_at=AT - 10 * DAY,
            used_by=(),
            layers=(BASE, *layers),
        ),
        **changes,
    )


def record(name: str, **changes: Any) -> EnvironmentRecord:
    return replace(
        EnvironmentRecord(
            id=f"env-{name}",
            language="python 3.11.2",
            state=State.READY,
            created_at=AT - 20 * DAY,
            built_at=AT - 10 * DAY,
            build_seconds=10.0,
            uses=5,
            used_at=AT - DAY,
            pinned=False,
            at_work=False,
            versions=(UsedBy(f"model-{name}", 1, State.READY),),
        ),
        **changes,
    )


class Images:
    """An `ImageStore`; `busy` images are refused."""

    def __init__(self, *images: StoredImage) -> None:
        self.images = {each.image_id: each for each in images}
        self.busy: set[str] = set()

    def look(self) -> Store:
        return Store(tuple(self.images.values()), ())

    def remove(self, image_ids: Sequence[str]) -> Removal:
        gone = tuple(each for each in image_ids if each not in self.busy)
        for each in gone:
            del self.images[each]
        return Removal(gone, {each: "in use" for each in image_ids if each in self.busy}, 0)


class Records:
    def __init__(self, *records: EnvironmentRecord) -> None:
        self.known = [*records]
        self.written: list[Pruning] = []

    def records(self) -> list[EnvironmentRecord]:
        return self.known

    def built(self, environment_id: str, seconds: float) -> None: ...

    def used(self, environment_id: str, at: datetime, uses: int = 0) -> None: ...

    def pin(self, environment_id: str, pinned: bool) -> None: ...

    def add_prunings(self, prunings: Sequence[Pruning]) -> None:
        self.written += prunings

    def prunings(self, newest: int) -> list[Pruning]:
        return self.written[-newest:]


def service(images: Images, *records: EnvironmentRecord) -> tuple[PruningService, Records]:
    kept = Records(*records)
    return PruningService(images, kept, lambda: AT), kept


def planned(images: Images, criteria: Criteria, *records: EnvironmentRecord) -> list[str]:
    return [each.image.image_id for each in service(images, *records)[0].plan(criteria).remove]


NUMPY, SIX, RICH = Layer("numpy", 80), Layer("six", 2), Layer("rich", 3)


@pytest.mark.parametrize(
    ("changes", "record_changes", "why"),
    [
        ({"used_by": ("weles-1",)}, {}, "in use"),
        ({}, {"pinned": True}, "pinned"),
        ({}, {"at_work": True}, "a job needs it"),
        ({"environment": None, "built_at": AT - timedelta(minutes=5)}, {}, "being built"),
    ],
)
def test_what_is_never_pruned(changes: dict[str, Any], record_changes: dict[str, Any], why: str) -> None:
    images = Images(image("a", NUMPY, **changes), image("b", NUMPY, SIX))
    made, _ = service(images, record("a", **record_changes), record("b"))
    assert {each.image.image_id: each.why_kept for each in made.shelf().images} == {"a": why, "b": ""}
    plan = made.plan(Criteria())
    # numpy stays with the image that stays: only six is freed.
    assert ([each.image.image_id for each in plan.remove], plan.freed_bytes) == (["b"], 2)
    assert made.plan(Criteria(free_bytes=50)).reached is False


def test_what_is_left_of_a_build_that_was_broken_off_goes() -> None:
    assert planned(Images(image("a", NUMPY, environment=None)), Criteria(failed=True)) == ["a"]


def test_criteria_are_met_together() -> None:
    images = Images(image("old", SIX), image("idle", NUMPY), image("gone", RICH), image("bad", Layer("bad", 9)))
    records = (
        record("old", built_at=AT - 40 * DAY, used_at=AT - DAY),
        record("idle", built_at=AT - 40 * DAY, used_at=AT - 30 * DAY),
        record("gone", versions=()),
        record("bad", versions=(UsedBy("m", 1, State.FAILED),)),
    )
    for criteria, expected in (
        (Criteria(built_before=30 * DAY), {"old", "idle"}),
        (Criteria(built_before=30 * DAY, idle_for=7 * DAY), {"idle"}),
        (Criteria(unused=True), {"gone"}),
        (Criteria(failed=True), {"bad"}),
        (Criteria(), {"old", "idle", "gone", "bad"}),
    ):
        assert {*planned(images, criteria, *records)} == expected, criteria


def test_the_cheapest_bytes_go_first_and_no_more_than_needed() -> None:
    images = Images(image("dear", Layer("torch", 500)), image("cheap", Layer("scipy", 500)), image("small", SIX))
    records = (record("dear", build_seconds=600.0), record("cheap", build_seconds=20.0), record("small", uses=900))
    assert planned(images, Criteria(free_bytes=400), *records) == ["cheap"]
    # 2002 bytes are there, of which the base's belong to all of them.
    assert planned(images, Criteria(keep_bytes=1600), *records) == ["cheap"]
    # What nobody can use costs nothing.
    unused = (record("dear", build_seconds=600.0, versions=()), *records[1:])
    assert planned(images, Criteria(free_bytes=400), *unused) == ["dear"]


def test_pruning_is_written_down_and_what_was_taken_meanwhile_stays() -> None:
    images = Images(image("a", NUMPY), image("b", NUMPY, SIX))
    made, records = service(images, record("a"), record("b"))
    plan = made.plan(Criteria())
    assert plan.freed_bytes == 1082
    images.busy = {"a"}
    done = made.prune(plan, "a test")
    assert [each.image.image_id for each in done.refused] == ["a"]
    assert ([models_of(each) for each in done.removed], done.freed_bytes) == ([["model-b/1"]], 2)
    assert [(each.environment_id, each.reason, each.models) for each in records.written] == [
        ("env-b", "a test", ("model-b/1",))
    ]
    assert images.images.keys() == {"a"}


def test_a_plan_is_looked_at_again_before_it_is_done() -> None:
    images = Images(image("a", NUMPY))
    made, records = service(images, record("a"))
    plan = made.plan(Criteria())
    records.known = [record("a", pinned=True)]
    assert made.prune(plan, "a test").removed == ()
    assert images.images.keys() == {"a"}


def test_a_full_disk_is_pruned_down_to_its_low_mark() -> None:
    images = Images(image("a", NUMPY), image("b", SIX), image("new", RICH))
    disk = Disk(used=950, free=50)

    def look() -> Disk:
        held = 1000 + sum(each.bytes - 1000 for each in images.images.values())
        return Disk(disk.used - 1085 + held, disk.free + 1085 - held)

    made, records = service(images, record("a"), record("b"), record("new", used_at=AT - timedelta(minutes=1)))
    marks = Watermarks.parse("94%", "90%")
    assert marks is not None
    keeper = DiskKeeper(marks, look, made)
    assert keeper.look() == 80
    assert images.images.keys() == {"b", "new"}
    assert "95% full" in records.written[0].reason
    # Below the high mark nothing happens, though it is above nothing else either.
    assert keeper.look() == 0


def test_what_was_just_used_is_not_pruned_however_full_the_disk_is() -> None:
    images = Images(image("new", RICH))
    made, _ = service(images, record("new", used_at=AT - timedelta(minutes=1)))
    marks = Watermarks.parse("10B", "5B")
    assert marks is not None
    assert DiskKeeper(marks, lambda: Disk(950, 50), made).look() == 0
    assert images.images
