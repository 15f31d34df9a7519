"""Explanations: why a model predicts what it does, as data and as plots."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weles import frames, sources, work
from weles.connection import Connection, current, segment
from weles.errors import InvalidInput, InvalidRequest
from weles.prediction import table_in_memory
from weles.whole_file import whole_file

__all__ = ["KINDS", "Explanation", "explain", "explanations", "get"]

KINDS = ("permutation_importance", "partial_dependence", "ceteris_paribus", "break_down", "shap")
_FORMS = {
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".html": "text/html",
    ".json": "application/vnd.plotly.v1+json",
}


@dataclass(frozen=True)
class Explanation:
    """An explanation that the lake keeps. `data`: the document of its kind; a notebook shows the plot."""

    id: str
    kind: str
    model: str
    version: int
    data: Mapping[str, Any] = field(repr=False)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the plot: .png, .svg, .html (a page that needs nothing else), or .json (plotly's)."""
        file = Path(path)
        try:
            form = _FORMS[file.suffix.lower()]
        except KeyError:
            raise InvalidRequest(f"{file} is no plot's file.", next=f"Name a {', '.join(_FORMS)} file.") from None
        plot = self.plot(form)
        with whole_file(file) as written:
            written.write(plot)
        return file

    def plot(self, form: str = "image/png") -> bytes:
        """The plot in this media type."""
        return current().request("GET", f"/explanations/{segment(self.id)}", accept=form).content

    def frame(self) -> Any:
        """The numbers as a DataFrame (a list of dicts where there is no pandas), one line for each bar or point."""
        rows = _lines(self.data)
        if not frames.available():
            return rows
        import pandas

        return pandas.DataFrame(rows)

    def _repr_png_(self) -> bytes:
        return self.plot()


def explain(
    name: str,
    kind: str = "shap",
    rows: Any = None,
    *,
    row_numbers: Sequence[int] | None = None,
    columns: Sequence[str] | None = None,
    class_name: str | None = None,
    data: str | None = None,
    target: str | None = None,
    loss: str | None = None,
    background: int | None = None,
    repetitions: int | None = None,
    grid_points: int | None = None,
    seed: int = 0,
    version: Any = None,
) -> Explanation:
    """Explain a version, by dalex, with the model's own container.

    `kind`: "permutation_importance" or "partial_dependence" of the whole model; "ceteris_paribus", "break_down" or
    "shap" of single rows, which are `rows` (a table in memory as `predict` takes it) or `row_numbers` of the data.
    `columns`: only these, for importance and profiles. `class_name`: whose probability, by default the second of two
    classes, else the most probable one. `data`: the hash of the dataset that the model is explained on, by default its
    training data; of it `background` rows, chosen by `seed`, are used. `repetitions`: of permutations; `grid_points`:
    of a profile; `loss`: of importance, "1-auc" or "rmse" by default.

    Raises InvalidRequest, InvalidInput, NotFound, TooMuchWork, and the model's own errors.
    """
    if kind not in KINDS:
        raise InvalidRequest(f"There is no explanation {kind!r}.", next=f"Use one of {', '.join(KINDS)}.")
    connection = current()
    question = {
        "kind": kind,
        "rows": None if rows is None else _document(connection, name, version, rows),
        "row_numbers": None if row_numbers is None else [*row_numbers],
        "columns": None if columns is None else [*columns],
        "class": class_name,
        "dataset": data,
        "target": target,
        "loss": loss,
        "background": background,
        "repetitions": repetitions,
        "grid_points": grid_points,
        "seed": seed,
    }
    job = work.start(connection, f"/models/{segment(name)}/explanations", question, version)
    result = work.wait_for(connection, job).result or {}
    return get(str(result["explanation"]))


def explanations(name: str, *, version: Any = None) -> list[dict[str, Any]]:
    """Your explanations of a version, the newest first: {id, kind, title, created_at} each. Raises NotFound."""
    answer = current().json("GET", f"/models/{segment(name)}/explanations", params={"version": version})
    return list(answer["explanations"])


def get(explanation: str) -> Explanation:
    """The explanation of this id. Raises NotFound."""
    known = current().json("GET", f"/explanations/{segment(explanation)}")
    data = known["data"]
    return Explanation(str(known["id"]), str(data["kind"]), str(known["model"]), int(known["version"]), data)


def _document(connection: Connection, name: str, version: Any, rows: Any) -> dict[str, Any]:
    if sources.hash_of(rows):
        raise InvalidInput("Rows of a dataset are named by `row_numbers`.", next="Give the dataset's hash as `data`.")
    asked = [rows] if isinstance(rows, Mapping) and _is_record(rows) else rows
    document = table_in_memory(connection, name, version, asked).document()
    # Names only: the lake reads the values by the model's own schema.
    return {"columns": [column["name"] for column in document["columns"]], "data": document["data"]}


def _is_record(rows: Mapping[Any, Any]) -> bool:
    """A dict of values, not of columns."""
    return all(isinstance(value, (str, int, float, bool, type(None))) for value in rows.values())


def _lines(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "variables" in data:
        return [dict(each) for each in data["variables"]]
    if "profiles" in data:
        return [*_points(data["profiles"], {})]
    lines: list[dict[str, Any]] = []
    for number, row in enumerate(data["rows"]):
        if "profiles" in row:
            lines += _points(row["profiles"], {"row": number})
        else:
            lines += [{"row": number, **each} for each in row["contributions"]]
    return lines


def _points(profiles: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**about, "variable": profile["variable"], "x": x, "prediction": prediction}
        for profile in profiles
        for x, prediction in zip(profile["x"], profile["prediction"])
    ]
