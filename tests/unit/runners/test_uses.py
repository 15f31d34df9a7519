"""How often environments are used is written down, and seldom."""

from datetime import datetime

from registry.domain.entities import now
from registry.runners.uses import Uses


class Records:
    def __init__(self) -> None:
        self.written: list[tuple[str, float, int]] = []

    def used(self, environment_id: str, at: datetime, uses: int = 0) -> None:
        self.written.append((environment_id, round((now() - at).total_seconds()), uses))


def test_a_start_counts_and_the_end_says_when_the_last_answer_was() -> None:
    records = Records()
    uses = Uses(records, lambda _: None)  # type: ignore[arg-type]
    uses.begun("v", "env")
    uses._uses["v"].answered -= 500
    for _ in range(20):
        uses.look({"v": 100.0})
    assert records.written == [("env", 0, 1)]
    uses.look({})
    uses.look({})
    assert records.written == [("env", 0, 1), ("env", 100, 0)]


def test_a_container_that_answers_for_hours_counts_for_each() -> None:
    records = Records()
    uses = Uses(records, lambda _: None)  # type: ignore[arg-type]
    uses.begun("v", "env")
    uses._uses["v"].counted -= 3601
    uses.look({"v": 0.0})
    uses.look({"v": 0.0})
    assert records.written == [("env", 0, 1), ("env", 0, 1)]


def test_a_container_of_an_earlier_worker_is_not_counted_again() -> None:
    records = Records()
    uses = Uses(records, lambda version_id: f"env-of-{version_id}")  # type: ignore[arg-type]
    uses.look({"v": 50.0})
    uses.look({})
    assert records.written == [("env-of-v", 50, 0)]


def test_a_time_that_is_a_lie_is_passed_over() -> None:
    records = Records()
    uses = Uses(records, lambda _: None)  # type: ignore[arg-type]
    uses.begun("v", "env")
    uses.look({"v": float("inf")})
    uses.look({})
    assert records.written == [("env", 0, 1), ("env", 0, 0)]
