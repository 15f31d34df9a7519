"""The pool: who goes first, what is warmed, how many fit."""

from pathlib import Path

from registry.runners.pool import BUSY_SECONDS, Member, Stage, ahead, room, victim


def member(name: str | None, idle: float = 60.0, owner: int = 1, kept: bool = False) -> Member:
    return Member(Path(f"/{name}"), name, None if name is None else owner, idle, kept=kept)


def test_stages() -> None:
    assert member(None, 0).stage is Stage.WARM
    assert member("a", BUSY_SECONDS - 0.1).stage is Stage.BUSY
    assert member("a", BUSY_SECONDS).stage is Stage.IDLE
    assert Member(Path(), "a", 1, 100, loading=True).stage is Stage.LOADING


def test_the_longest_idle_goes_first_and_the_busy_stays() -> None:
    assert victim([]) is None
    assert victim([member("a", BUSY_SECONDS - 0.1)]) is None
    chosen = victim([member("a", 3), member("b", 4), member("c", 0)])
    assert chosen is not None
    assert chosen.version_id == "b"


def test_what_waits_goes_before_all_and_what_is_kept_after_all() -> None:
    members = [member("kept", 1000, kept=True), member("a", 3), member(None, 0)]
    order = []
    while (chosen := victim(members)) is not None:
        order.append(chosen.version_id)
        members.remove(chosen)
    assert order == [None, "a", "kept"]


def test_who_has_many_gives_up_his_sooner() -> None:
    many = [member(name, 20, owner=1) for name in ("a", "b", "c")]
    chosen = victim([*many, member("d", 50, owner=2)])
    assert chosen is not None
    assert chosen.owner_id == 1
    chosen = victim([*many, member("d", 61, owner=2)])
    assert chosen is not None
    assert chosen.owner_id == 2


def test_what_is_warmed_and_what_is_ended_for_that() -> None:
    one, two = Path("/1"), Path("/2")
    assert ahead([], {one: "x"}, most=1) == ([], [])
    assert ahead(["x"], {}, most=0) == ([], [])
    assert ahead(["x", "y"], {}, most=1) == (["x"], [])
    assert ahead(["x", "y"], {one: "x"}, most=2) == (["y"], [])
    assert ahead(["x", "y"], {one: "z", two: "y"}, most=2) == (["x"], [one])
    assert ahead(["x"], {one: "z"}, most=1) == (["x"], [one])


def test_room_counts_what_starts_and_what_waits() -> None:
    assert room([], {"a"}, 1)
    assert not room([], {"a", "b"}, 1)
    assert room([member("a")], {"a"}, 1)
    assert not room([member("a"), member(None)], {"b"}, 2)
    assert room([member("a"), member(None)], {"b"}, 3)
