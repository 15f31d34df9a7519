"""Explanations by dalex of a model that is only a call.

An explanation is a document: {"kind", …, and for

- permutation_importance: "loss", "full_model", "baseline", "variables": [{"variable", "loss"}], the worst loss first
- partial_dependence: "mean_prediction", "profiles": [{"variable", "type", "x": […], "prediction": […]}]
- ceteris_paribus: "rows": [{"prediction", "profiles": as above, with the row's own "value"}]
- break_down, shap: "rows": [{"intercept", "prediction", "contributions": [{"variable", "value", "contribution"}]}]

Contributions and intercept add up to the prediction.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dalex
import numpy as np
import pandas as pd
from dalex.model_explanations import AggregatedProfiles
from numpy.typing import NDArray

from registry.analysis import frames
from registry.domain.schema import Schema
from registry.tables.table import Table

Predict = Callable[[Table], Sequence[float]]
_FULL, _BASELINE = "_full_model_", "_baseline_"


class Model:
    """What dalex is told that it explains; what it asks of it is `_Asking`'s to answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """`target` is the truth of the background's rows, as numbers; `columns` None stands for all."""

    kind: str
    background: Table
    rows: Table | None
    target: Sequence[float] | None
    columns: Sequence[str] | None
    classifies: bool
    loss: str
    repetitions: int
    grid_points: int
    seed: int


def explain(question: Question, predict: Predict) -> dict[str, Any]:
    """The document of the question's kind; `predict` gives one number per row of a table."""
    explainer = dalex.Explainer(
        Model(),
        frames.to_frame(question.background),
        None if question.target is None else np.asarray(question.target, dtype="float64"),
        predict_function=_asking(question.background.schema, predict),
        model_type="classification" if question.classifies else "regression",
        model_class="weles.Model",
        label="model",
        precalculate=False,
        verbose=False,
    )
    return {"kind": question.kind, **_KINDS[question.kind](explainer, question)}


def _asking(schema: Schema, predict: Predict) -> Callable[[Any, pd.DataFrame], NDArray[Any]]:
    def ask(_: Any, frame: pd.DataFrame) -> NDArray[Any]:
        return np.asarray(predict(frames.to_table(frame, schema)), dtype="float64")

    return ask


def _importance(explainer: Any, question: Question) -> dict[str, Any]:
    parts = explainer.model_parts(
        loss_function=question.loss,
        N=None,
        B=question.repetitions,
        variables=None if question.columns is None else [*question.columns],
        random_state=question.seed,
    ).result
    losses = dict(zip(parts["variable"], parts["dropout_loss"], strict=True))
    full, baseline = losses.pop(_FULL), losses.pop(_BASELINE)
    ordered = sorted(losses.items(), key=lambda each: -each[1])
    return {
        "loss": question.loss,
        "repetitions": question.repetitions,
        "full_model": _number(full),
        "baseline": _number(baseline),
        "variables": [{"variable": name, "loss": _number(loss)} for name, loss in ordered],
    }


def _dependence(explainer: Any, question: Question) -> dict[str, Any]:
    splits = _splits(explainer.data, question)
    profiles = explainer.predict_profile(explainer.data, variable_splits=splits, verbose=False)
    found: dict[str, Any] = {}
    numeric = [name for name in splits if _is_numeric(question, name)]
    for kind, names in (("numerical", numeric), ("categorical", [name for name in splits if name not in numeric])):
        if names:
            aggregated = AggregatedProfiles(type="partial", variables=names, variable_type=kind)
            aggregated.fit(profiles, verbose=False)
            for name, group in aggregated.result.groupby("_vname_", sort=False):
                found[name] = (group["_x_"], group["_yhat_"])
    return {
        "mean_prediction": _number(profiles.new_observation["_yhat_"].mean()),
        "profiles": [_profile(question, name, *found[name]) for name in splits],
    }


def _ceteris_paribus(explainer: Any, question: Question) -> dict[str, Any]:
    observed = frames.to_frame(_rows(question))
    splits = _splits(explainer.data, question, observed)
    profiles = explainer.predict_profile(observed, variable_splits=splits, verbose=False)
    rows = []
    for row in range(len(observed)):
        own = profiles.result[profiles.result["_ids_"] == row]
        each = []
        for name in splits:
            points = own[own["_vname_"] == name]
            value = _value(observed[name].iloc[row])
            each.append({**_profile(question, name, points[name], points["_yhat_"]), "value": value})
        rows.append({"prediction": _number(profiles.new_observation["_yhat_"].iloc[row]), "profiles": each})
    return {"rows": rows}


def _break_down(explainer: Any, question: Question) -> dict[str, Any]:
    observed, rows = frames.to_frame(_rows(question)), []
    for row in range(len(observed)):
        one = observed.iloc[[row]]
        result = explainer.predict_parts(one, type="break_down", N=None, random_state=question.seed).result
        # The first line is the intercept, the last one the prediction; between them every variable is once.
        between = result.iloc[1:-1]
        contributions = dict(zip(between["variable_name"], between["contribution"], strict=True))
        intercept, total = result["cumulative"].iloc[0], result["cumulative"].iloc[-1]
        rows.append(_parts(one, intercept, total, contributions))
    return {"rows": rows}


def _shap(explainer: Any, question: Question) -> dict[str, Any]:
    observed, rows = frames.to_frame(_rows(question)), []
    for row in range(len(observed)):
        one = observed.iloc[[row]]
        shap = explainer.predict_parts(
            one, type="shap", N=None, B=question.repetitions, processes=1, random_state=question.seed
        )
        average = shap.result[shap.result["B"] == 0]
        contributions = dict(zip(average["variable_name"], average["contribution"], strict=True))
        rows.append(_parts(one, shap.intercept, shap.prediction, contributions))
    return {"repetitions": question.repetitions, "rows": rows}


def _parts(one: pd.DataFrame, intercept: Any, prediction: Any, contributions: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "intercept": _number(intercept),
        "prediction": _number(prediction),
        "contributions": [
            {"variable": name, "value": _value(one[name].iloc[0]), "contribution": _number(contribution)}
            for name, contribution in contributions.items()
        ],
    }


def _splits(data: pd.DataFrame, question: Question, observed: pd.DataFrame | None = None) -> dict[str, NDArray[Any]]:
    """The values that each variable is set to: evenly spread as dalex does it, whole numbers where only such are."""
    splits = {}
    for field in question.background.schema.fields:
        name = field.name
        if question.columns is not None and name not in question.columns:
            continue
        seen = data[name].dropna().to_numpy()
        own = [] if observed is None else observed[name].dropna().to_list()
        if not frames.is_number(field):
            levels = [*(field.levels or ()), *seen.tolist(), *own]
            values = np.array([*dict.fromkeys(levels)], dtype=object)
        else:
            grid = np.linspace(seen.min(), seen.max(), question.grid_points) if len(seen) else np.array([])
            if field.type != "float64":
                grid = np.round(grid)
            values = np.unique(np.concatenate((grid.astype("float64"), np.array(own, dtype="float64"))))
        if len(values):
            splits[name] = values
    return splits


def _profile(question: Question, name: str, x: "pd.Series[Any]", prediction: "pd.Series[Any]") -> dict[str, Any]:
    return {
        "variable": name,
        "type": "numeric" if _is_numeric(question, name) else "categorical",
        "x": [_value(each) for each in x.tolist()],
        "prediction": [_number(each) for each in prediction.tolist()],
    }


def _rows(question: Question) -> Table:
    if question.rows is None:
        raise ValueError(f"{question.kind} is of rows")
    return question.rows


def _is_numeric(question: Question, name: str) -> bool:
    return frames.is_number(question.background.schema.field(name))


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _value(value: Any) -> Any:
    """A value of a column as JSON has it; whole numbers without a fraction."""
    if isinstance(value, str):
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


_KINDS: dict[str, Callable[[Any, Question], dict[str, Any]]] = {
    "permutation_importance": _importance,
    "partial_dependence": _dependence,
    "ceteris_paribus": _ceteris_paribus,
    "break_down": _break_down,
    "shap": _shap,
}
