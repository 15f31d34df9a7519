"""Asking a container for a job: how many rows at once, how patiently."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from registry.domain.errors.families import WelesError
from registry.domain.errors.invalid import InvalidRequest
from registry.domain.errors.lake import ModelBusy
from registry.domain.errors.model import ModelRaised, PredictionTimeout
from registry.domain.errors.state import Cancelled
from registry.domain.schema import Schema
from registry.jobs import asking
from registry.jobs.asking import PatientModel
from registry.tables.table import Table

SCHEMA = Schema.from_json([{"name": "x", "type": "int64"}])


class FakePrediction:
    """Answers with the rows themselves; raises what it is given, one after another, first."""

    def __init__(self, *failures: WelesError, most: int = 10**9) -> None:
        self.failures, self.most, self.asked = [*failures], most, list[int]()

    def answer(self, version_id: str, mode: str, table: Table) -> Table:
        self.asked.append(table.rows)
        if self.failures:
            raise self.failures.pop(0)
        if table.rows > self.most:
            raise PredictionTimeout(60)
        return table


def _model(prediction: FakePrediction, *, cancelled: bool = False) -> PatientModel:
    def check() -> None:
        if cancelled:
            raise Cancelled("job")

    version = SimpleNamespace(id="v", inputs=SCHEMA.to_json())
    return PatientModel(cast(Any, prediction), cast(Any, version), cast(Any, SimpleNamespace(check=check)))


def _rows(count: int) -> Table:
    return Table.from_values(SCHEMA, {"x": [*range(count)]})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_PAUSE_SECONDS", 0.001)


def test_every_row_is_answered_in_order_and_questions_grow_while_they_are_quick() -> None:
    prediction = FakePrediction()
    table = _rows(70_000)
    assert _model(prediction).all_answers("exact", table) == table
    assert prediction.asked[:5] == [1000, 2000, 4000, 8000, 16000]
    assert max(prediction.asked) == 20_000


def test_a_question_that_is_too_large_is_cut() -> None:
    prediction = FakePrediction(most=300)
    table = _rows(1000)
    assert _model(prediction).all_answers("exact", table) == table
    assert prediction.asked[:2] == [1000, 250]


def test_a_single_row_that_takes_too_long_is_the_models_fault() -> None:
    with pytest.raises(PredictionTimeout):
        _model(FakePrediction(most=0)).all_answers("exact", _rows(10))


def test_a_busy_lake_is_asked_again_and_a_model_that_raises_is_not() -> None:
    prediction = FakePrediction(ModelBusy(), ModelBusy())
    assert _model(prediction).answer("exact", _rows(1)).rows == 1
    assert len(prediction.asked) == 3
    prediction = FakePrediction(ModelRaised("ValueError", "no", ""))
    with pytest.raises(ModelRaised):
        _model(prediction).answer("exact", _rows(1))
    assert len(prediction.asked) == 1


def test_who_waits_for_room_learns_that_the_job_was_cancelled() -> None:
    with pytest.raises(Cancelled):
        _model(FakePrediction(ModelBusy()), cancelled=True).answer("exact", _rows(1))


def test_a_mode_that_the_model_has_not() -> None:
    assert _model(FakePrediction(InvalidRequest("no such mode"))).can("prob", _rows(1)) is None
