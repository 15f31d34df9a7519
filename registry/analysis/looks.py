"""What a plot of an explanation shows, whatever draws it.  (pure)"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

BAR, UP, DOWN = "#4378bf", "#3f9f6b", "#d9534f"
# One for each row; by Okabe and Ito, so that everybody can tell them apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MOST_BARS, MOST_PROFILES, MOST_ROWS = 25, 24, 6


@dataclass(frozen=True, slots=True)
class Series:
    """One line; `mark` is the point of what was observed."""

    x: Sequence[Any]
    y: Sequence[float | None]
    mark: tuple[Any, float] | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One set of axes: horizontal bars, a waterfall of contributions (bars that begin at `starts`), or lines."""

    kind: Literal["bars", "waterfall", "lines"]
    title: str
    x_title: str
    labels: Sequence[str] = ()
    values: Sequence[float] = ()
    starts: Sequence[float] = ()
    reference: float | None = None
    end: float | None = None
    numeric: bool = True
    series: Sequence[Series] = field(default_factory=tuple)


def panels(document: dict[str, Any]) -> list[Panel]:
    """The panels of an explanation's document, at least one; what would be too much for a plot is left out."""
    kind = document["kind"]
    if kind == "permutation_importance":
        return [_importance(document)]
    if kind in ("break_down", "shap"):
        return [_waterfall(document, number, row) for number, row in enumerate(document["rows"][:MOST_ROWS])]
    return _profiles(document)


def _importance(document: dict[str, Any]) -> Panel:
    shown = document["variables"][:MOST_BARS]
    return Panel(
        "bars",
        _left_out(len(document["variables"]) - len(shown)),
        f"loss ({document['loss']}) after permutation; dashed: of the full model",
        labels=[each["variable"] for each in shown],
        values=[each["loss"] or 0.0 for each in shown],
        reference=document["full_model"],
    )


def _waterfall(document: dict[str, Any], number: int, row: dict[str, Any]) -> Panel:
    every = [each for each in row["contributions"] if each["contribution"] is not None]
    by_size = sorted(every, key=lambda each: -abs(each["contribution"]))[:MOST_BARS]
    shown = [each for each in every if each in by_size]
    rest = [each["contribution"] for each in every if each not in by_size]
    labels = [f"{each['variable']} = {_short(each['value'])}" for each in shown]
    values = [each["contribution"] for each in shown]
    if rest:
        labels.append(f"{len(rest)} others")
        values.append(sum(rest))
    starts, position = [], row["intercept"] or 0.0
    for value in values:
        starts.append(position)
        position += value
    title = f"row {number}: prediction {_short(row['prediction'])}, mean {_short(row['intercept'])}"
    return Panel(
        "waterfall",
        title,
        _of(document),
        labels=labels,
        values=values,
        starts=starts,
        reference=row["intercept"],
        end=row["prediction"],
    )


def _profiles(document: dict[str, Any]) -> list[Panel]:
    rows = document["rows"][:MOST_ROWS] if "rows" in document else [document]
    found = []
    for position, profile in enumerate(rows[0]["profiles"][:MOST_PROFILES]):
        series = [_series(row["profiles"][position], row.get("prediction")) for row in rows]
        found.append(
            Panel("lines", profile["variable"], _of(document), numeric=profile["type"] == "numeric", series=series)
        )
    return found or [Panel("lines", "no variable has a profile", _of(document))]


def _series(profile: dict[str, Any], prediction: float | None) -> Series:
    value = profile.get("value")
    mark = None if value is None or prediction is None else (value, prediction)
    return Series(profile["x"], profile["prediction"], mark)


def _of(document: dict[str, Any]) -> str:
    if document.get("class") is None:
        return "prediction"
    return f"{document['output']} of {str(document['class'])[:40]}"


def _left_out(count: int) -> str:
    return f"{count} more are in the data" if count > 0 else ""


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:40]
