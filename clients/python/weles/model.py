"""Models of the lake: upload one, wait until it is ready, call it, measure it, explain it; name, fetch, delete it.

A `version` is a number, an alias such as "production", "latest" (the newest that is ready, the default), or the hash
of a version's content.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weles import fetch, prediction, work
from weles import job as jobs
from weles.audit import audit, audits, compare, measures
from weles.connection import Connection, current, segment
from weles.errors import InvalidRequest
from weles.explanation import Explanation, explain, explanations
from weles.job import Status
from weles.life import (
    alias_history,
    aliases,
    card,
    cite,
    delete,
    deleted,
    edit,
    keep_warm,
    remove_alias,
    restore,
    set_alias,
    set_card,
    versions,
    warmth,
)
from weles.progress import say
from weles.requirements import EnvironmentLike
from weles.search import search
from weles.sharing import Access, access, share, unshare
from weles.upload import ModelText, send
from weles.work import Job

__all__ = [
    "Access",
    "Explanation",
    "Status",
    "Upload",
    "access",
    "alias_history",
    "aliases",
    "audit",
    "audits",
    "card",
    "cite",
    "compare",
    "delete",
    "deleted",
    "download",
    "edit",
    "explain",
    "explanations",
    "get",
    "info",
    "keep_warm",
    "measures",
    "predict",
    "predict_later",
    "remove_alias",
    "requirements",
    "restore",
    "search",
    "set_alias",
    "set_card",
    "share",
    "status",
    "unshare",
    "upload",
    "versions",
    "warmth",
]

_MODES = ("exact", "prob")
_STATES = {"ready": "succeeded", "failed": "failed", "building": "running", "pending": "queued"}


@dataclass(frozen=True)
class Upload:
    """A version that the lake has taken. `notes`: what it changed in the requirements, and which Python it uses."""

    model: str
    version: int
    job: str
    state: str
    notes: tuple[str, ...] = ()


def upload(
    mod: Any,
    name: str,
    description: str,
    target: str,
    tags: Sequence[str],
    data: Any,
    data_name: str = "",
    data_description: str = "",
    *,
    environment: EnvironmentLike = None,
    wait: bool = False,
) -> Upload:
    """Upload a fitted model with its data and its environment; a name that is there gets a new version.

    The same content again makes no new version: what you get is the one that has it, and a note; one that could not
    be prepared is prepared again.

    `mod`: an object with `predict`, or the path of a .pkl or .joblib file that holds one.
    `data`: what it was fitted on, with the column `target`: a DataFrame, a dict of columns, the path of a .csv or
    .parquet, or the hash of a dataset of the lake. The other columns are what the model takes. Some of its rows,
    with this session's predictions, go along, so that the lake can check that it answers the same.
    `environment`: None or "model" for what the model needs, at this session's versions; "freeze" for all that this
    session has; or the path (or text) of a freeze, requirements, lock file or conda export.
    `wait`: show progress until the version is ready.

    Raises InvalidModel, InvalidInput, InvalidEnvironment before or without anything being kept; UploadFailed, with
    `wait`, when the version could not be prepared.
    """
    if isinstance(tags, str):
        raise InvalidRequest(f"The tags are the one text {tags!r}.", next=f"Give a list: [{tags!r}].")
    connection = current()
    text = ModelText(name, description, target, tuple(tags), data_name or f"data of {name}", data_description)
    answer = send(connection, mod, text, data, environment)
    made = Upload(
        model=str(answer["model"]),
        version=int(answer["version"]),
        job=str(answer["job"]),
        state=str(answer["state"]),
        notes=tuple(str(note) for note in answer.get("notes") or ()),
    )
    _tell(made.notes)
    if not wait:
        return made
    ended = jobs.wait_for(connection, made.job)
    _tell([note for note in ended.notes if note not in made.notes])
    return Upload(made.model, made.version, made.job, ended.state, ended.notes or made.notes)


def status(name: str, version: int | str | None = None, *, wait: bool = True) -> Status:
    """Wait, showing progress, until a version (the last uploaded by default) is ready; `wait=False`: how it is now.

    Raises NotFound, and UploadFailed, when waiting, with the diagnosis or the model's traceback when it failed.
    """
    connection = current()
    known = info(name, version=version)
    last = max(known.get("versions") or [known.get("version")])
    if version is None and last != known.get("version"):
        # What the lake shows by default is the newest that is ready: here the one that is being prepared is meant.
        known = info(name, version=last)
    job = known.get("job")
    if not job:
        return _without_job(connection, known, wait)
    if not wait:
        return jobs.status_of(connection, str(job))
    ended = jobs.wait_for(connection, str(job))
    _tell(ended.notes)
    return ended


def predict(
    name: str,
    X: Any,  # noqa: N803 - as sklearn
    *,
    mode: str = "exact",
    version: int | str | None = None,
    prepare_columns: bool = False,
) -> Any:
    """The model's predictions for the rows of `X`, in their order.

    `X`: a DataFrame, a list of dicts, a dict of columns, the path of a .csv, a 2-D array or list of rows in the order
    of the model's columns, or the hash of a small dataset of the lake (its other columns are left out). `mode`:
    "exact", or "prob" for the probability of each class. `version`: the newest that is ready by default.
    `prepare_columns`: leave out what the model does not take, put the rest in order and give it the model's names: by
    name, by name without case and punctuation, or, where none has such a name and there are as many, by place.

    pandas in, pandas out, with the index of `X`: a Series named "prediction", or a DataFrame of the classes; what
    gave the answer is in its `attrs["weles"]`. For other `X` a list of values, or a list of dicts.

    Raises InvalidInput (column and row), NotFound, ModelRaised (with the model's traceback), PredictionTimeout …
    """
    _check_mode(mode)
    return prediction.predict(current(), name, X, mode, version, prepare_columns=prepare_columns)


def predict_later(
    name: str,
    X: Any,  # noqa: N803 - as sklearn
    *,
    mode: str = "exact",
    version: int | str | None = None,
    prepare_columns: bool = False,
    result_name: str = "",
) -> Job:
    """As `predict`, of any number of rows, by a job of the lake that goes on without this session.

    `X` may also be the hash of any dataset of the lake. `job.wait().result["dataset"]` is the hash of the dataset of
    the predictions: `dataset.get` gives them. `result_name`: what it is called.
    """
    _check_mode(mode)
    connection = current()
    job = prediction.later(connection, name, X, mode, version, prepare_columns=prepare_columns, result_name=result_name)
    return work.get(job)


def get(name: str, *, version: int | str | None = None, force: bool = False) -> Any:
    """The model itself, loaded into this session, which must be like the one that made it.

    The language, its minor version and the versions of the main packages are compared before anything is fetched;
    the file is checked against its hash before it is loaded. Loading runs the code of whoever made the model.
    `force`: load it all the same. Raises SessionDiffers (with every difference), NotFound, ModelNotLoadable.
    """
    return fetch.get(current(), name, version, force=force)


def download(name: str, path: str | os.PathLike[str] | None = None, *, version: int | str | None = None) -> Path:
    """Keep the model's file, checked against its hash and not loaded; its path. Raises NotFound.

    `path`: a file or a folder; by default `NAME-VERSION.pkl` (or .joblib, .rds) in the working directory.
    """
    return fetch.download(current(), name, path, version)


def info(name: str, *, version: int | str | None = None) -> dict[str, Any]:
    """What the lake knows of a version (by default the newest that is ready, else the newest).

    Of the model: name, owner, visibility, description, tags, versions, aliases. Of the version: version, hash, link,
    citation, version_description, version_tags, found_tags, target, task, classes, flavour, format, model_class,
    language, language_version, state, job, problem, notes, inputs and outputs (typed columns), size, sha256, system,
    created_at. Of what belongs to it: environment {id, state, image, base, repairs, packages}, dataset {hash, name,
    description, owner, aliases, rows, columns, missing}, columns (statistics of each), audits. Raises NotFound.
    """
    return current().json("GET", f"/models/{segment(name)}", params={"version": version})


def requirements(name: str, *, version: int | str | None = None, declared: bool = False) -> str:
    """What a version runs with: its locked packages, `name==version` on each line; `declared`: as it was uploaded.

    Raises NotFound, EnvironmentNotReady while the packages are not locked yet.
    """
    params = {"version": version, "declared": "true" if declared else None}
    return current().request("GET", f"/models/{segment(name)}/requirements", params=params, accept="text/plain").text


def _check_mode(mode: str) -> None:
    if mode not in _MODES:
        raise InvalidRequest(f"There is no mode {mode!r}.", next='Use "exact" or "prob".')


def _without_job(connection: Connection, known: dict[str, Any], wait: bool) -> Status:
    state = str(known.get("state") or "")
    now = Status(
        model=str(known.get("name") or ""),
        version=int(known.get("version") or 0),
        state=_STATES.get(state, state),
        phase=state,
        percent=100.0 if state == "ready" else 0.0,
    )
    return jobs.check(connection, now) if wait else now


def _tell(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}")
