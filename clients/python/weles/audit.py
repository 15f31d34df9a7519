"""Audits: measures of versions on a dataset, computed and kept by the lake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Union

from weles import dataset, frames, sources, work
from weles.connection import Connection, current, segment
from weles.errors import InvalidInput

__all__ = ["audit", "audits", "compare", "measures"]

Which = Union[str, "tuple[str, Any]"]
_KEYS = ("model", "version", "language", "flavour")


def audit(
    name: str,
    measure: str | Sequence[str] | None = None,
    data: Any = None,
    target: str | None = None,
    data_name: str = "",
    data_description: str = "",
    *,
    version: Any = None,
) -> Any:
    """Measure a version on data that hold the truth; the lake computes it, by the model's own container, and keeps it.

    `measure`: a name ("acc", "auc", "rmse" …) gives a number; several, or None for all that fit the model, give a dict.
    A measure that is not defined on these data is None. `data`: what `dataset.upload` takes, or the hash of a dataset;
    `target`: the column of the truth, by default the one that the model was trained for.

    Raises MeasureMisfit (naming those that fit), InvalidInput, NotFound, and the model's own errors.
    """
    connection = current()
    wanted = [measure] if isinstance(measure, str) else [*(measure or ())]
    result = _measured(
        connection, (name, version), _hash(data, data_name or f"data to audit {name}", data_description), target, wanted
    )
    return next(iter(result.values())) if isinstance(measure, str) else result


def audits(name: str, *, version: Any = None, data: str | None = None) -> list[dict[str, Any]]:
    """What is kept of a version: {model, version, dataset, target, measure, value, rows, note …} each."""
    answer = current().json("GET", f"/models/{segment(name)}/audits", params={"version": version, "dataset": data})
    return list(answer["audits"])


def measures() -> list[dict[str, Any]]:
    """What can be measured: {name, title, task, needs_prob, greater_is_better} each."""
    return list(current().json("GET", "/measures")["measures"])


def compare(
    models: Iterable[Which],
    data: Any,
    measures: Sequence[str] | None = None,
    target: str | None = None,
    *,
    data_name: str = "data to compare models",
) -> Any:
    """Models and versions, of whatever languages, side by side on one dataset.

    `models`: names, or (name, version). What is not kept yet is measured first. A DataFrame where pandas can be
    imported, else a list of dicts: model, version, language, flavour, and a column for each measure.
    """
    connection, stored = current(), _hash(data, data_name, "")
    rows: list[dict[str, Any]] = []
    for which in models:
        name, version = (which, None) if isinstance(which, str) else which
        known = connection.json("GET", f"/models/{segment(name)}", params={"version": version})
        found = _measured(connection, (name, known["version"]), stored, target, [*(measures or ())])
        described = {"model": known["name"], **{key: known.get(key) for key in _KEYS[1:]}}
        rows.append({**described, **found})
    columns = [*_KEYS, *dict.fromkeys(key for row in rows for key in row if key not in _KEYS)]
    table = [{column: row.get(column) for column in columns} for row in rows]
    if not frames.available():
        return table
    import pandas

    return pandas.DataFrame(table, columns=columns)


def _measured(
    connection: Connection, which: tuple[str, Any], stored: str, target: str | None, wanted: Sequence[str]
) -> dict[str, float | None]:
    name, version = which
    document = {"dataset": stored, "target": target, "measures": [*wanted] or None}
    job = work.start(connection, f"/models/{segment(name)}/audits", document, version)
    result = work.wait_for(connection, job).result or {}
    return dict(result.get("measures") or {})


def _hash(data: Any, name: str, description: str) -> str:
    if data is None:
        raise InvalidInput(
            "There are no data to measure on.", next="Give a table with the target, or a dataset's hash."
        )
    return sources.hash_of(data) or dataset.upload(data, name, description).hash
