"""What the commands about models and datasets do with their parsed options."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

import requests

from weles import dataset, model, prediction, sources
from weles.connection import current, segment
from weles.errors import InvalidInput, LakeUnreachable
from weles.output import show
from weles.requirements import EnvironmentLike

__all__ = [
    "dataset_get",
    "dataset_info",
    "dataset_upload",
    "environment_of",
    "info",
    "predict",
    "status",
    "upload",
]

_TYPES = {"csv": "text/csv", "json": "application/json"}
_BLOCK = 1 << 20


def upload(options: Namespace) -> None:
    """Upload a model file; print what the lake made of it."""
    made = model.upload(
        options.model,
        options.name,
        options.description,
        options.target,
        [tag.strip() for tag in options.tags.split(",") if tag.strip()],
        options.data,
        options.data_name,
        options.data_description,
        environment=environment_of(options.requirements),
        wait=options.wait,
    )
    show(asdict(made))


def status(options: Namespace) -> None:
    """Print a version's status, waiting for its end unless told not to."""
    now = model.status(options.name, options.model_version, wait=not options.no_wait)
    show(asdict(now))


def predict(options: Namespace) -> None:
    """Print the predictions for a file's rows, as the lake writes them."""
    if options.later:
        show(asdict(model.predict_later(options.name, options.data, mode=options.mode, version=options.model_version)))
        return
    connection = current()
    stored = sources.hash_of(options.data)
    if stored is not None:
        form, body = "json", json.dumps({"dataset": stored}).encode()
    elif options.data == "-":
        form, body = options.input or "csv", sys.stdin.buffer.read()
    else:
        path = sources.file_of(options.data)
        form = options.input or (path.suffix[1:].lower() if path else "csv")
        if path is None or form not in _TYPES:
            raise InvalidInput(f"{options.data} is not CSV or JSON.", next="Give a .csv or .json file, or --input.")
        body = path.read_bytes()
    answer = prediction.send(
        connection,
        options.name,
        body,
        _TYPES[form],
        mode=options.mode,
        version=options.model_version,
        accept=_TYPES[options.output or ("csv" if stored else form)],
        stream=True,
    )
    _pour(answer)


def info(options: Namespace) -> None:
    """Print what the lake knows of a model."""
    show(model.info(options.name, version=options.model_version))


def dataset_upload(options: Namespace) -> None:
    """Store a data file; print its hash and columns."""
    show(asdict(dataset.upload(Path(options.data), options.name, options.description)))


def dataset_get(options: Namespace) -> None:
    """Print a dataset, or its first rows."""
    rows = getattr(options, "n", None)
    path = f"/datasets/{segment(options.hash)}" + ("" if rows is None else "/head")
    _pour(current().request("GET", path, params={"rows": rows}, accept=_TYPES[options.output], stream=True))


def dataset_info(options: Namespace) -> None:
    """Print what the lake knows of a dataset."""
    show(dataset.info(options.hash))


def environment_of(given: str | None) -> EnvironmentLike:
    """One of the words, or the path of a file: never the text itself, as in Python."""
    return given if given is None or given in ("freeze", "model") else Path(given)


def _pour(answer: requests.Response) -> None:
    try:
        for block in answer.iter_content(_BLOCK):
            sys.stdout.buffer.write(block)
    except requests.RequestException as reason:
        raise LakeUnreachable(f"The answer broke off: {reason}", next="Ask again.") from reason
