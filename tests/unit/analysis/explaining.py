"""Explanations through the real program, of a model that is in this process."""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from registry.analysis.process import AnalysisProcess, Drawn
from registry.tables import arrow_format
from registry.tables.table import Table

ANALYSIS_PYTHON = Path(sys.prefix) / "analysis" / "bin" / "python"
SEED, BACKGROUND, REPETITIONS, GRID = 7, 60, 3, 11


def analysis(folder: Path | None = None, seconds: float = 300) -> AnalysisProcess:
    return AnalysisProcess(ANALYSIS_PYTHON, seconds, folder or Path(sys.prefix) / "analysis" / "cache")


def iris() -> tuple[LogisticRegression, pd.DataFrame, np.ndarray[Any, Any]]:
    """A model of `versicolor`, every fifth of two rows of each class first, and the truth."""
    loaded = load_iris(as_frame=True)
    rows = loaded.data.rename(columns=lambda name: name.removesuffix(" (cm)").replace(" ", "_"))
    model = LogisticRegression(max_iter=500).fit(rows, loaded.target)
    chosen = rows.iloc[::5].reset_index(drop=True)
    return model, pd.concat([chosen, chosen + 0.05], ignore_index=True), (np.tile(loaded.target[::5], 2) == 1)


def table(frame: pd.DataFrame) -> Table:
    return arrow_format.from_arrow(pa.Table.from_pandas(frame, preserve_index=False))


@dataclass
class Explained:
    drawn: Drawn
    asked: int
    questions: int


@cache
def explained(kind: str, *, rows: int = 0, columns: tuple[str, ...] | None = None) -> Explained:
    """The kind's explanation of the iris model; `rows` are the first of its background."""
    model, background, truth = iris()
    made = Explained(Drawn({}, {}, ""), 0, 0)

    def predict(asked: Table) -> list[float]:
        made.asked += asked.rows
        made.questions += 1
        return [float(each) for each in model.predict_proba(pd.DataFrame(asked.to_values()))[:, 1]]

    question = {
        "kind": kind,
        "target": truth.astype(float).tolist(),
        "columns": columns,
        "classifies": True,
        "loss": "1-auc",
        "repetitions": REPETITIONS,
        "grid_points": GRID,
        "seed": SEED,
    }
    about = {"title": "a <b>title</b> of $x$", "class": "versicolor", "output": "probability"}
    given = table(background)
    made.drawn = analysis().explain(question, about, given, given.slice(0, rows) if rows else None, predict)
    return made
