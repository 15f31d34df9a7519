"""Measures through the real program: scikit-learn's own numbers."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from registry.domain.measures import MEASURES, Task, fitting
from registry.domain.schema import ColumnType, Field
from registry.tables.table import Column, Table
from tests.unit.analysis.explaining import analysis

RANDOM = np.random.default_rng(0)


def _table(columns: dict[str, Any]) -> Table:
    kinds = {"i": ColumnType.INT32, "f": ColumnType.FLOAT64}
    return Table.of(Column(Field(name, kinds[each.dtype.kind]), each.tobytes()) for name, each in columns.items())


def _classification(classes: int) -> tuple[Any, Any, Any]:
    prob = RANDOM.dirichlet(np.ones(classes), 200)
    truth = np.array([RANDOM.choice(classes, p=each) for each in prob], dtype="i4")
    return truth, prob.argmax(axis=1).astype("i4"), prob


def _measured(truth: Any, exact: Any, prob: Any, classes: int, names: tuple[str, ...]) -> dict[str, Any]:
    columns = {"truth": truth, "exact": exact, **{f"prob {number}": prob[:, number] for number in range(classes)}}
    return analysis().measure(_table(columns), names, classes)


def test_two_classes() -> None:
    truth, exact, prob = _classification(2)
    found = _measured(truth, exact, prob, 2, fitting(Task.CLASSIFICATION, has_prob=True))
    expected = {
        "accuracy": metrics.accuracy_score(truth, exact),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, exact),
        "precision": metrics.precision_score(truth, exact),
        "recall": metrics.recall_score(truth, exact),
        "f1": metrics.f1_score(truth, exact),
        "auc": metrics.roc_auc_score(truth, prob[:, 1]),
        "log_loss": metrics.log_loss(truth, prob),
        "brier": metrics.brier_score_loss(truth, prob[:, 1]),
    }
    assert {name: each["value"] for name, each in found.items()} == pytest.approx(expected, abs=1e-12)


def test_more_classes() -> None:
    truth, exact, prob = _classification(4)
    found = _measured(truth, exact, prob, 4, fitting(Task.CLASSIFICATION, has_prob=True))
    expected = {
        "accuracy": metrics.accuracy_score(truth, exact),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, exact),
        "precision": metrics.precision_score(truth, exact, average="macro"),
        "recall": metrics.recall_score(truth, exact, average="macro"),
        "f1": metrics.f1_score(truth, exact, average="macro"),
        "auc": metrics.roc_auc_score(truth, prob, multi_class="ovr"),
        "log_loss": metrics.log_loss(truth, prob),
        "brier": metrics.brier_score_loss(truth, prob),
    }
    assert {name: each["value"] for name, each in found.items()} == pytest.approx(expected, abs=1e-12)


def test_regression() -> None:
    truth = RANDOM.normal(10, 3, 100)
    exact = truth + RANDOM.normal(0, 1, 100)
    names = fitting(Task.REGRESSION, has_prob=False)
    found = analysis().measure(_table({"truth": truth, "exact": exact}), names, 0)
    expected = {
        "mse": metrics.mean_squared_error(truth, exact),
        "rmse": metrics.root_mean_squared_error(truth, exact),
        "mae": metrics.mean_absolute_error(truth, exact),
        "mape": metrics.mean_absolute_percentage_error(truth, exact),
        "r2": metrics.r2_score(truth, exact),
    }
    assert {name: each["value"] for name, each in found.items()} == pytest.approx(expected, abs=1e-12)


def test_where_a_measure_is_not_defined_there_is_a_note_and_no_number() -> None:
    truth, prob = np.zeros(20, dtype="i4"), RANDOM.dirichlet(np.ones(2), 20)
    found = _measured(truth, truth, prob, 2, ("accuracy", "auc", "log_loss"))
    assert found["accuracy"] == {"value": 1.0, "note": ""}
    assert found["auc"]["value"] is None
    assert "one class" in found["auc"]["note"]
    assert found["log_loss"]["value"] == pytest.approx(-np.log(prob[:, 0]).mean())


def test_every_measure_of_the_table_can_be_computed() -> None:
    truth, exact, prob = _classification(3)
    of_classes = [name for name, measure in MEASURES.items() if measure.task is Task.CLASSIFICATION]
    of_numbers = [name for name in MEASURES if name not in of_classes]
    found = _measured(truth, exact, prob, 3, tuple(of_classes))
    found |= analysis().measure(_table({"truth": prob[:, 0].copy(), "exact": prob[:, 1].copy()}), of_numbers, 0)
    assert all(isinstance(found[name]["value"], float) for name in MEASURES)
