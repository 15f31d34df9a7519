"""Measures by scikit-learn. What each is for, and what its averages are over, is in `registry.domain.measures`."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from registry.tables.table import Table

TRUTH, EXACT = "truth", "exact"
Array = NDArray[Any]


def compute(table: Table, names: list[str], classes: int) -> dict[str, dict[str, Any]]:
    """{measure: {"value": float or None, "note": text}}.

    `table`: the columns `truth` and, as the measures need it, `exact`, both int32 positions of classes or, when
    `classes` is 0, float64; then one float64 column of probabilities per class. A value is None where the measure is
    not defined, with scikit-learn's own words in the note.
    """
    columns = {column.field.name: _array(column.data, column.field.type) for column in table.columns}
    truth, exact = columns.pop(TRUTH), columns.pop(EXACT, None)
    prob = np.column_stack([*columns.values()]) if columns else None
    return {name: _one(_MEASURES[name], truth, prob if name in _OF_PROB else exact, classes) for name in names}


def _one(measure: Callable[[Array, Any, int], Any], truth: Array, answer: Any, classes: int) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            value = float(measure(truth, answer, classes))
        except ValueError as error:
            return {"value": None, "note": str(error)[:500]}
    note = "; ".join(dict.fromkeys(str(each.message) for each in told))[:500]
    return {"value": value if math.isfinite(value) else None, "note": note}


def _averaged(measure: Callable[..., Any]) -> Callable[[Array, Array, int], Any]:
    def average(truth: Array, exact: Array, classes: int) -> Any:
        if classes == 2:
            return measure(truth, exact, average="binary", pos_label=1, zero_division=0)
        return measure(truth, exact, average="macro", zero_division=0)

    return average


def _auc(truth: Array, prob: Array, classes: int) -> Any:
    if classes == 2:
        return metrics.roc_auc_score(truth, prob[:, 1])
    return metrics.roc_auc_score(truth, prob, multi_class="ovr", average="macro", labels=np.arange(classes))


def _log_loss(truth: Array, prob: Array, classes: int) -> Any:
    return metrics.log_loss(truth, prob, labels=np.arange(classes))


def _brier(truth: Array, prob: Array, classes: int) -> Any:
    if classes == 2:
        return metrics.brier_score_loss(truth, prob[:, 1], pos_label=1)
    return metrics.brier_score_loss(truth, prob, labels=np.arange(classes))


def _plain(measure: Callable[..., Any]) -> Callable[[Array, Array, int], Any]:
    return lambda truth, exact, _: measure(truth, exact)


_OF_PROB = {"auc", "log_loss", "brier"}
_MEASURES: dict[str, Callable[[Array, Any, int], Any]] = {
    "accuracy": _plain(metrics.accuracy_score),
    "balanced_accuracy": _plain(metrics.balanced_accuracy_score),
    "precision": _averaged(metrics.precision_score),
    "recall": _averaged(metrics.recall_score),
    "f1": _averaged(metrics.f1_score),
    "auc": _auc,
    "log_loss": _log_loss,
    "brier": _brier,
    "mse": _plain(metrics.mean_squared_error),
    "rmse": _plain(metrics.root_mean_squared_error),
    "mae": _plain(metrics.mean_absolute_error),
    "mape": _plain(metrics.mean_absolute_percentage_error),
    "r2": _plain(metrics.r2_score),
}


def _array(data: Any, kind: str) -> Array:
    return np.frombuffer(data, dtype={"int32": "<i4", "float64": "<f8"}[str(kind)])
