"""The Python side of the type matrix: an identity model, and the same probes as in probes.R."""

import datetime
import math
from operator import methodcaller
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from weles import InvalidInput, model

TEXT = pd.Series(["text"]).dtype
LEVEL = pd.CategoricalDtype(["lo", "hi", "never"])
ORDERED = pd.CategoricalDtype(["lo", "mid", "hi"], ordered=True)


def moments(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts), format="ISO8601")).dt.as_unit("us").dt.tz_localize("Europe/Warsaw")


FIT = pd.DataFrame(
    {
        "bool": [True, False],
        "int32": np.array([1, 2], "int32"),
        "int64": [1, 2],
        "float64": [0.5, 1.5],
        "text": ["a", "b"],
        "level": pd.Series(["lo", "hi"], dtype=LEVEL),
        "ordered": pd.Series(["lo", "hi"], dtype=ORDERED),
        "date": [datetime.date(2024, 2, 29), datetime.date(1899, 12, 31)],
        "moment": moments("2024-01-15T12:00:00", "2024-07-15T12:00:00"),
    }
)

PROBES: dict[str, tuple[str, pd.Series]] = {
    "bool": ("bool", pd.Series([False, True])),
    "bool, NA": ("bool", pd.Series([None, True], dtype="boolean")),
    "int32": ("int32", pd.Series([1 - 2**31, 2**31 - 1], dtype="int32")),
    "int32, NA": ("int32", pd.Series([None, 7], dtype="Int32")),
    "int64 beyond 2^53": ("int64", pd.Series([2**53 + 1, 1 - 2**63])),
    "double": ("float64", pd.Series([0.1 + 0.2, -5e-324])),
    "double, infinite": ("float64", pd.Series([math.inf, -math.inf])),
    "double, NaN": ("float64", pd.Series([math.nan, 0.5])),
    "double, NA": ("float64", pd.Series([None, 0.5], dtype="Float64")),
    "text with leading zeros": ("text", pd.Series(["001", "1e5"])),
    "text, unicode": ("text", pd.Series(['Zażółć "\\\n', "\U0001f332"])),
    "text, NA": ("text", pd.Series([None, "NA"], dtype=TEXT)),
    "factor, with a level that no row has": ("level", pd.Series(["hi", "lo"], dtype=LEVEL)),
    "factor, NA": ("level", pd.Series([None, "lo"], dtype=LEVEL)),
    "factor, ordered": ("ordered", pd.Series(["hi", "mid"], dtype=ORDERED)),
    "a level that the model has not seen": ("level", pd.Series(["lo", "new"], dtype="category")),
    "date": ("date", pd.Series([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)])),
    "date, NA": ("date", pd.Series([None, datetime.date(2024, 2, 29)], dtype=object)),
    "time with a zone": ("moment", moments("2024-03-31T03:30:00.25", "2024-10-27T12:00:00")),
    "time with a zone, NA": ("moment", moments(None, "2024-10-27T12:00:00")),
}


def upload(name: str, environment: str) -> None:
    identity = SimpleNamespace(predict=methodcaller("copy"), feature_names_in_=[*FIT.columns])
    data = FIT.assign(target=0)
    model.upload(
        identity, name, "Answers what it is asked", "target", ["types"], data, environment=environment, wait=True
    )


def ask(name: str) -> dict[str, str]:
    """What came back of every probe, by its label."""
    found = {}
    for label, (column, values) in PROBES.items():
        try:
            back = model.predict(name, FIT.assign(**{column: values}))
            found[label] = compared(values, back.iloc[:, [*FIT.columns].index(column)])
        except InvalidInput as reason:
            found[label] = f"refused: column {reason.problems[0]['column']}, row {reason.problems[0]['row']}"
    return found


def compared(sent: pd.Series, back: pd.Series) -> str:
    """ "same"; the type, where only that differs; else the values."""
    if texts(sent) != texts(back):
        return f"{', '.join(texts(back))} of type {back.dtype}"
    return "same" if sent.dtype == back.dtype else str(back.dtype)


def texts(values: pd.Series) -> list[str]:
    return ["NA" if value is None or value is pd.NA or value is pd.NaT else _text(value) for value in values]


def _text(value: Any) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return repr(value.item() if hasattr(value, "item") else value)
