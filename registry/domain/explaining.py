"""The kinds of explanation, what each needs, and how much of the model's work it is.  (pure)"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`of_rows`: it explains the predictions of single rows; `needs_target`: the background must hold the truth;
    `of_columns`: it can be of some columns alone; `repetitions` and `grid_points` are the defaults."""

    name: str
    title: str
    of_rows: bool
    needs_target: bool = False
    of_columns: bool = False
    repetitions: int = 10
    grid_points: int = 51


KINDS = {
    kind.name: kind
    for kind in (
        Kind("permutation_importance", "Permutation importance", of_rows=False, needs_target=True, of_columns=True),
        Kind("partial_dependence", "Partial dependence", of_rows=False, of_columns=True),
        Kind("ceteris_paribus", "Ceteris paribus", of_rows=True, of_columns=True, grid_points=101),
        Kind("break_down", "Break-down", of_rows=True),
        Kind("shap", "Shapley values", of_rows=True, repetitions=25),
    )
}
TITLES = {kind.name: kind.title for kind in KINDS.values()}
LOSSES = ("1-auc", "rmse", "mse", "mae", "mad")
MOST_ROWS, MOST_BACKGROUND, MOST_REPETITIONS, MOST_GRID_POINTS = 20, 10_000, 100, 500
BACKGROUND = 200
# Who may not see the dataset is told means over many of its rows, never over a few.
LEAST_UNSEEN_BACKGROUND = 50


def questions(
    kind: str, *, background: int, rows: int, columns: int, profiles: int, repetitions: int, grid_points: int
) -> int:
    """How many rows the model has to predict. `columns`: that it takes; `profiles`: columns that are explained."""
    return _QUESTIONS[kind](background, rows, columns, profiles, repetitions, grid_points)


# n rows of background, r rows to explain, p columns, v of them explained, b repetitions, g points of the grid.
_QUESTIONS: dict[str, Callable[[int, int, int, int, int, int], int]] = {
    "permutation_importance": lambda n, r, p, v, b, g: b * n * (v + 2),
    "partial_dependence": lambda n, r, p, v, b, g: n * (v * g + 1),
    "ceteris_paribus": lambda n, r, p, v, b, g: r * (v * (g + r) + 1),
    "break_down": lambda n, r, p, v, b, g: r * (n * (2 * p + 1) + 1),
    "shap": lambda n, r, p, v, b, g: r * (b * n * (p + 1) + n + 1),
}
