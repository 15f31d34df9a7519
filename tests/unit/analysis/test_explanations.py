"""Explanations: to 1e-9 what dalex says when it has the model itself; plots that show only what they may."""

import json
import pickle
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from registry.analysis.process import AnalysisProcess
from registry.domain.errors.lake import AnalysisUnavailable, LakeFailed
from registry.domain.errors.model import ModelRaised
from registry.domain.schema import Schema
from registry.tables.table import Table
from tests.unit.analysis.explaining import (
    ANALYSIS_PYTHON,
    BACKGROUND,
    GRID,
    REPETITIONS,
    SEED,
    analysis,
    explained,
    iris,
    table,
)

NATIVE = f"""
import json, pickle, sys, warnings
warnings.simplefilter("ignore")
import dalex
with open(sys.argv[1], "rb") as file:
    model, background, truth = pickle.load(file)
import pandas
background = pandas.DataFrame(background)
explainer = dalex.Explainer(
    model, background, truth, predict_function=lambda m, d: m.predict_proba(d)[:, 1], verbose=False)
one = background.iloc[[1]]
parts = explainer.model_parts(loss_function="1-auc", N=None, B={REPETITIONS}, random_state={SEED}).result
profile = explainer.model_profile(N=None, grid_points={GRID}, verbose=False).result
paribus = explainer.predict_profile(one, grid_points={GRID}, verbose=False).result
down = explainer.predict_parts(one, type="break_down", N=None, random_state={SEED}).result
shap = explainer.predict_parts(one, type="shap", N=None, B={REPETITIONS}, random_state={SEED}).result
shap = shap[shap["B"] == 0]
json.dump({{
    "permutation_importance": dict(zip(parts["variable"], parts["dropout_loss"])),
    "partial_dependence": {{
        name: [group["_x_"].tolist(), group["_yhat_"].tolist()] for name, group in profile.groupby("_vname_")}},
    "ceteris_paribus": {{
        name: [group[name].tolist(), group["_yhat_"].tolist()] for name, group in paribus.groupby("_vname_")}},
    "break_down": dict(zip(down["variable_name"], down["contribution"])),
    "shap": dict(zip(shap["variable_name"], shap["contribution"])),
}}, sys.stdout)
"""


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dalex says when it has the model itself."""
    model, background, truth = iris()
    file = tmp_path_factory.mktemp("native") / "model.pkl"
    # As lists: the two interpreters have different versions of pandas.
    file.write_bytes(pickle.dumps((model, background.to_dict("list"), truth.astype(float))))
    done = subprocess.run(
        [ANALYSIS_PYTHON, "-c", NATIVE, file], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_importance_is_dalexs(native: dict[str, Any]) -> None:
    data, expected = explained("permutation_importance").drawn.data, native["permutation_importance"]
    got = {each["variable"]: each["loss"] for each in data["variables"]}
    got |= {"_full_model_": data["full_model"], "_baseline_": data["baseline"]}
    assert got == pytest.approx(expected, abs=1e-9)
    assert min(data["baseline"], data["variables"][0]["loss"]) > 0.2


def test_partial_dependence_is_dalexs(native: dict[str, Any]) -> None:
    profiles = explained("partial_dependence").drawn.data["profiles"]
    assert {each["variable"] for each in profiles} == set(native["partial_dependence"])
    for each in profiles:
        x, prediction = native["partial_dependence"][each["variable"]]
        assert len(x) == GRID
        assert each["x"] == pytest.approx(x, abs=1e-9)
        assert each["prediction"] == pytest.approx(prediction, abs=1e-9)


def test_ceteris_paribus_is_dalexs(native: dict[str, Any]) -> None:
    _, background, _ = iris()
    row = explained("ceteris_paribus", rows=2).drawn.data["rows"][1]
    for each in row["profiles"]:
        name = each["variable"]
        assert each["value"] == background[name].iloc[1]
        ours = dict(zip(each["x"], each["prediction"], strict=True))
        # The values of the rows themselves are among the points, too.
        assert ours[each["value"]] == pytest.approx(row["prediction"], abs=1e-12)
        for x, prediction in zip(*native["ceteris_paribus"][name], strict=True):
            nearest = min(ours, key=lambda point: abs(point - x))
            assert nearest == pytest.approx(x, abs=1e-9)
            assert ours[nearest] == pytest.approx(prediction, abs=1e-9)


@pytest.mark.parametrize("kind", ["break_down", "shap"])
def test_contributions_are_dalexs_and_add_up(native: dict[str, Any], kind: str) -> None:
    row = explained(kind, rows=2).drawn.data["rows"][1]
    got = {each["variable"]: each["contribution"] for each in row["contributions"]}
    expected = {name: value for name, value in native[kind].items() if name in got}
    assert got == pytest.approx(expected, abs=1e-9)
    assert len(got) == 4
    assert row["intercept"] + sum(got.values()) == pytest.approx(row["prediction"], abs=1e-9)


def test_only_the_columns_that_are_wanted() -> None:
    made = explained("partial_dependence", columns=("petal_width",))
    assert [each["variable"] for each in made.drawn.data["profiles"]] == ["petal_width"]
    assert made.asked == BACKGROUND * (GRID + 1)


@pytest.mark.parametrize(("kind", "rows"), [("permutation_importance", 0), ("ceteris_paribus", 2), ("shap", 2)])
def test_plots_are_files_of_their_kind_and_say_text_as_text(kind: str, rows: int) -> None:
    plots = explained(kind, rows=rows).drawn.plots
    assert plots["image/png"].startswith(b"\x89PNG")
    root = ET.fromstring(plots["image/svg+xml"])
    assert root.tag.endswith("svg")
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    figure = json.loads(plots["application/vnd.plotly.v1+json"])
    assert figure["layout"]["title"]["text"] == "a &lt;b&gt;title&lt;/b&gt; of $x$"
    assert figure["data"]


TYPES = Schema.from_json(
    [
        {"name": "on", "type": "bool"},
        {"name": "n", "type": "int32"},
        {"name": "m", "type": "int64"},
        {"name": "x", "type": "float64"},
        {"name": "text", "type": "string"},
        {"name": "level", "type": "categorical", "levels": ["a", "b", "unseen"]},
        {"name": "day", "type": "date"},
        {"name": "at", "type": "timestamp", "zone": "Europe/Warsaw"},
    ]
)


def _every_type() -> Table:
    days = pd.date_range("2026-01-01", periods=6, tz="UTC")
    values = {
        "on": [True, False, None, True, False, True],
        "n": [1, 2, 3, None, 5, 6],
        "m": [10, 20, 30, 40, 50, 2**52],
        "x": [0.5, None, 1.5, 2.5, 3.5, 4.5],
        "text": ["p", "q", None, "p", "q", "p"],
        "level": ["a", "b", "a", None, "b", "a"],
        "day": [*days.date[:5], None],
        "at": [*days.to_pydatetime()[:5], None],
    }
    return Table.from_values(TYPES, values)


@pytest.mark.parametrize(
    ("kind", "rows"), [("partial_dependence", 0), ("ceteris_paribus", 2), ("break_down", 3), ("shap", 1)]
)
def test_every_type_reaches_the_model_as_it_was(kind: str, rows: int) -> None:
    given, seen = _every_type(), []

    def predict(asked: Table) -> list[float]:
        seen.append(asked)
        return [0.5 * (value or 0) for value in asked.column("n").to_values()]

    question = {"kind": kind, "target": None, "columns": None, "classifies": False, "loss": "rmse"}
    question |= {"repetitions": 2, "grid_points": 5, "seed": 1}
    about = {"title": "t", "class": None, "output": "value"}
    drawn = analysis().explain(question, about, given, given.slice(0, rows) if rows else None, predict)
    for asked in seen:
        kinds = {field.name: field.type for field in asked.schema.fields}
        assert {**kinds, "n": "int32", "m": "int64"} == {field.name: field.type for field in TYPES.fields}
        assert set(asked.column("level").to_values()) <= {"a", "b", "unseen", None}
        known = set(given.column("at").to_values())
        assert set(asked.column("at").to_values()) <= known
        # Whole numbers stay whole: no grid lies between them.
        assert all(value is None or float(value).is_integer() for value in asked.column("n").to_values())
    if kind == "partial_dependence":
        (level,) = [each for each in drawn.data["profiles"] if each["variable"] == "level"]
        assert level["x"] == ["a", "b", "unseen"]


def test_what_predicting_raises_is_raised_and_nothing_is_left(tmp_path: Path) -> None:
    def predict(_: Table) -> list[float]:
        raise ModelRaised("ValueError", "no", "…")

    question = {"kind": "break_down", "target": None, "columns": None, "classifies": True, "loss": "1-auc"}
    question |= {"repetitions": 1, "grid_points": 5, "seed": 1}
    given = table(iris()[1])
    with pytest.raises(ModelRaised):
        analysis(tmp_path).explain(question, {"title": "t"}, given, given.slice(0, 1), predict)


def test_a_computation_that_fails_or_takes_too_long_says_so(tmp_path: Path) -> None:
    one = Table.from_values(Schema.from_json([{"name": "truth", "type": "float64"}]), {"truth": [1.0]})
    with pytest.raises(LakeFailed, match="KeyError"):
        analysis(tmp_path).measure(one, ["nosuch"], 0)
    with pytest.raises(LakeFailed, match="longer than"):
        analysis(tmp_path, seconds=0.05).plot_script()
    with pytest.raises(AnalysisUnavailable, match="cannot be started"):
        AnalysisProcess(tmp_path / "python", 1, tmp_path).plot_script()


def test_plotly_itself_comes_from_the_program() -> None:
    assert b"Plotly" in analysis().plot_script()[:2_000_000]
