"""Golden rows: a few sample rows with the predictions that this session gives, for the lake to replay in the image."""

from __future__ import annotations

import datetime
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from weles import frames
from weles.columns import decode, infer, plain_values
from weles.errors import InvalidInput, InvalidModel
from weles.frames import FrameTable
from weles.progress import say
from weles.tables import ListTable, Table, from_values

__all__ = ["ROWS", "golden_rows", "spread"]

ROWS = 20
_NUMBERS = frozenset({"bool", "int32", "int64", "float64"})


def spread(rows: int, most: int = ROWS) -> list[int]:
    """At most `most` row numbers of `rows`, evenly spread, the first and the last among them."""
    if rows <= most:
        return [*range(rows)]
    return [round(each * (rows - 1) / (most - 1)) for each in range(most)]


def golden_rows(model: Any, data: Table, target: str) -> dict[str, Any]:
    """The document {"rows": table, "exact": table, "prob": table or None}, tables in the typed split form.

    `data` holds the target's column too. Raises InvalidInput when it does not, or when it has no rows; InvalidModel
    when the model cannot predict these rows of its own data, here.
    """
    if target not in data.names:
        raise InvalidInput(
            f"The data have no column {target!r}, which is said to be the target.",
            next="Name the column that the model predicts; the data must have it.",
            available=data.names,
        )
    if not data.rows:
        raise InvalidInput("The data have no rows.", next="Give the data that the model was fitted on.")
    chosen = spread(data.rows)
    rows = data.take(chosen).without(target)
    given = _given(model, rows, data, chosen, target)
    exact = _answers(_asked(model.predict, given))
    prob = None
    if callable(getattr(model, "predict_proba", None)):
        prob = _probabilities(_asked(model.predict_proba, given), getattr(model, "classes_", None))
    return {
        "rows": rows.document(),
        "exact": exact.document(),
        "prob": None if prob is None else prob.document(),
    }


def _fitted_names(model: Any, names: Sequence[str]) -> list[str] | None:
    """The columns that the model was fitted on, None when it does not say. Raises InvalidModel when one is missing."""
    noted = getattr(model, "feature_names_in_", None)
    if noted is None:
        return None
    fitted = [str(name) for name in noted]
    if not set(fitted) <= set(names):
        raise InvalidModel(
            f"The model was fitted on the columns {', '.join(fitted)}; without the target, the data have "
            f"{', '.join(names)}.",
            next="Give as data the columns that the model was fitted on, and the target.",
        )
    unused = [name for name in names if name not in fitted]
    if unused:
        say(
            f"note: the model does not use {', '.join(unused)}, but its callers must send them: drop them from the data"
        )
    return fitted


def _given(model: Any, rows: ListTable, data: Table, chosen: Sequence[int], target: str) -> Any:
    """What the model is called with: a DataFrame if it was fitted on one, else a 2-D array; as the runtime does."""
    fitted = _fitted_names(model, rows.names)
    if isinstance(data, FrameTable):
        frame = data.frame.iloc[chosen].loc[:, [str(name) != target for name in data.frame.columns]]
        frame.columns = rows.names
    elif frames.available():
        frame = frames.to_frame(rows.fields, rows.columns(0, rows.rows))
    else:
        frame = None
    if frame is not None and (fitted is not None or _notes_no_names()):
        return frame if fitted is None else frame[fitted]
    numbers = all(field.type in _NUMBERS for field in rows.fields)
    if frame is not None:
        return frame.to_numpy(dtype=float, na_value=float("nan")) if numbers else frame.to_numpy(dtype=object)
    columns = [decode(field, values) for field, values in zip(rows.fields, rows.columns(0, rows.rows))]
    listed = [list(row) for row in zip(*columns)]
    try:
        import numpy
    except ImportError:
        return listed
    return numpy.array(listed, dtype=float if numbers else object)


def _notes_no_names() -> bool:
    """Is this scikit-learn one, before 1.0, whose models do not say whether they were fitted on a DataFrame?"""
    version = str(getattr(sys.modules.get("sklearn"), "__version__", "1"))
    return version.startswith("0.")


def _asked(method: Any, given: Any) -> Any:
    try:
        return method(given)
    except Exception as reason:
        raise InvalidModel(
            f"The model cannot predict {ROWS} rows of its own data: {type(reason).__name__}: {reason}",
            next="Give as data the table that the model was fitted on, with the target's column.",
            traceback=traceback.format_exc(),
        ) from reason


def _answers(given: Any) -> ListTable:
    """One column `prediction`; of several, a DataFrame's own names, or `prediction_0`, `prediction_1` …"""
    names: list[str] = []
    if frames.is_frame(given):
        columns = [plain_values(given.iloc[:, index]) for index in range(given.shape[1])]
        names = [str(name) for name in given.columns]
    else:
        columns = [plain_values(given)]
        if columns[0] and isinstance(columns[0][0], (list, tuple)):
            columns = [list(column) for column in zip(*columns[0])]
    if len(columns) == 1:
        names = ["prediction"]
    names = names or [f"prediction_{index}" for index in range(len(columns))]
    try:
        read = [infer(name, column, nan_is_na=_has_no_numbers(column)) for name, column in zip(names, columns)]
    except InvalidInput as reason:
        raise InvalidModel(
            "The model's predictions are not numbers, texts, true/false, dates or timestamps.",
            next="Wrap the model in a class whose `predict` gives one of these for each row.",
            problems=reason.problems,
        ) from reason
    return ListTable([field for field, _ in read], [each for _, each in read])


def _has_no_numbers(values: Sequence[Any]) -> bool:
    # Among texts, dates or truth values, NaN is how pandas writes NA; among numbers it is a number.
    return any(isinstance(value, (str, datetime.date, bool)) for value in values)


def _probabilities(given: Any, classes: Any) -> ListTable | None:
    """One column for each class; None where they are not a table of classes (several targets, for example)."""
    if isinstance(given, list) or classes is None:
        return None
    rows = plain_values(given.to_numpy() if frames.is_frame(given) else given)
    labels = [str(label) for label in classes]
    if any(not isinstance(row, (list, tuple)) or len(row) != len(labels) for row in rows):
        return None
    return from_values({label: [float(row[index]) for row in rows] for index, label in enumerate(labels)})
