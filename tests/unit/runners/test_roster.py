"""What a runner remembers of its containers."""

import threading
import time
from pathlib import Path

import pytest

from registry.domain.ports.runner import Ending
from registry.runners.roster import Entry, Roster
from registry.runners.run_folder import RunFolder

CRASHED = Ending(139, False)


@pytest.fixture
def roster() -> Roster[Entry]:
    return Roster()


def entry(name: str, version_id: str | None, *, settled: bool = True) -> Entry:
    return Entry(id=f"c-{name}", image_id="i", version_id=version_id, folder=RunFolder(Path(name)), settled=settled)


def test_one_that_waits_is_bound_to_one_version_only(roster: Roster[Entry]) -> None:
    roster.add(entry("a", None))
    roster.add(entry("b", None, settled=False))
    assert roster.bind("another image", "v") is None
    bound = roster.bind("i", "v")
    assert bound is not None
    assert (bound.id, bound.version_id, bound.settled) == ("c-a", "v", False)
    assert roster.bind("i", "w") is None


def test_one_that_the_lake_ends_is_off_and_its_model_not_to_blame(roster: Roster[Entry]) -> None:
    roster.add(entry("a", "v"))
    assert roster.leave("another version", Path("a")) is None
    assert roster.leave("v", Path("another run")) is None
    left = roster.leave("v", Path("a"))
    assert left is not None
    assert (left.id, roster.all()) == ("c-a", [])
    assert roster.leave("v", Path("a")) is None
    assert roster.ending(Path("a")) == Ending(0, False)


def test_how_one_ended_by_itself_stays_known_when_the_lake_ends_it_too(roster: Roster[Entry]) -> None:
    roster.add(entry("a", "v", settled=False))
    assert roster.over("a", CRASHED) is None
    assert roster.leave("v", Path("a")) is not None
    assert roster.ending(Path("a")) == CRASHED


def test_one_that_ends_while_it_starts_stays_on_for_who_starts_it(roster: Roster[Entry]) -> None:
    starts, runs = entry("a", "v", settled=False), entry("b", "w", settled=False)
    roster.add(starts)
    roster.add(runs)
    roster.settle(runs)
    assert (roster.over("a", CRASHED), roster.over("b", CRASHED)) == (None, runs)
    assert roster.all() == [starts]


def test_a_version_is_taken_over_once(roster: Roster[Entry]) -> None:
    assert roster.take_over(entry("a", "v"))
    assert not roster.take_over(entry("b", "v"))
    assert [each.id for each in roster.all()] == ["c-a"]


def test_who_waits_for_an_ending_is_told_at_once(roster: Roster[Entry]) -> None:
    assert roster.ending(Path("a"), 0.01) is None
    threading.Timer(0.05, roster.over, ("a", CRASHED)).start()
    begun = time.monotonic()
    assert roster.ending(Path("a"), 20) == CRASHED
    assert time.monotonic() - begun < 10


def test_only_the_newest_endings_are_kept(roster: Roster[Entry]) -> None:
    for number in range(1000):
        roster.over(str(number), CRASHED)
    assert (roster.ending(Path("0")), roster.ending(Path("999"))) == (None, CRASHED)
