"""Hours of the day in which a model is kept warm."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from registry.domain.errors.invalid import InvalidRequest
from registry.domain.warmth import check_hours, is_wanted


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-25T{time}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "time", "wanted"),
    [
        (None, "03:00", True),
        ("07:00-19:00", "06:59", False),
        ("07:00-19:00", "07:00", True),
        ("07:00-19:00", "18:59", True),
        ("07:00-19:00", "19:00", False),
        ("22:00-06:00", "23:00", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("22:00-06:00", "12:00", False),
        ("08:00-08:00", "03:00", True),
    ],
)
def test_hours(hours: str | None, time: str, wanted: bool) -> None:
    assert is_wanted(hours, at(time)) is wanted


def test_hours_are_of_utc() -> None:
    there = datetime(2026, 11, 25, 8, 30, tzinfo=timezone(timedelta(hours=2)))
    assert not is_wanted("07:00-19:00", there)


@pytest.mark.parametrize("hours", ["", "7-19", "07:00", "24:00-25:00", "07:00-19:60", "07:00-19:00\n", "٠٧:00-19:00"])
def test_what_are_no_hours(hours: str) -> None:
    with pytest.raises(InvalidRequest):
        check_hours(hours)
