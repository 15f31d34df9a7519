"""How much of a model's work an explanation is: what dalex asks, counted, is what was reckoned."""

import pytest

from registry.domain.explaining import KINDS, questions
from tests.unit.analysis.explaining import explained


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_is_reckoned_as_it_comes(kind: str) -> None:
    rows = 2 if KINDS[kind].of_rows else 0
    made = explained(kind, rows=rows)
    reckoned = questions(kind, background=60, rows=rows, columns=4, profiles=4, repetitions=3, grid_points=11)
    assert made.asked == pytest.approx(reckoned, rel=0.2)
    # One question for each variable, or step, and not for each row.
    assert made.questions < 60
