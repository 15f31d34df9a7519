"""What came of the corpus → a Markdown table (pure)."""

import datetime
import os
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from tests.bench.report import number, table
from tests.environments.corpus import Case
from tests.environments.rehearsal import Rehearsed

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Absent:
    """A case that could not be tried here, and why."""

    case: Case
    reason: str


OUTCOMES = pytest.StashKey[list[Rehearsed | Absent]]()


def success_table(outcomes: Iterable[Rehearsed | Absent]) -> str:
    """One row a case; those that could not be tried say why."""
    rows = [_row(each) for each in sorted(outcomes, key=lambda each: each.case.name)]
    columns = ["case", "packages (compiled)", "repairs", "image MB", "build s", "verified"]
    taken = f"Taken on {datetime.date.today()}, {os.cpu_count()} processors; layers that are there are not built again."
    return f"{taken}\n\n{table('Environments that must work', columns, rows)}"


def _row(outcome: Rehearsed | Absent) -> list[str]:
    if isinstance(outcome, Absent):
        return [_name(outcome.case), "", "", "", "", f"not run here: {outcome.reason}"]
    compiled = f" ({outcome.compiled})" if outcome.compiled else ""
    return [
        _name(outcome.case),
        f"{outcome.packages}{compiled}",
        str(outcome.repairs),
        number(outcome.image_bytes / _MB, 0),
        number(outcome.build_seconds, 1),
        outcome.verified,
    ]


def _name(case: Case) -> str:
    return f"`{case.name}`: {case.about}"
