"""What the commands about models do with their parsed options."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from weles import model, prediction, sources, work
from weles.connection import current
from weles.errors import InvalidInput
from weles.output import pour, show
from weles.requirements import EnvironmentLike

__all__ = [
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
        show(asdict(_later(options)))
        return
    connection = current()
    stored = sources.hash_of(options.data)
    if stored is not None:
        form, body = "json", json.dumps({"dataset": stored}).encode()
    elif options.prepare_columns:
        prepared = prediction.prepared_file(connection, options.name, Path(options.data), options.model_version)
        form, body = "csv", prepared.read()
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
    pour(answer)


def _later(options: Namespace) -> work.Job:
    return model.predict_later(
        options.name,
        options.data,
        mode=options.mode,
        version=options.model_version,
        prepare_columns=options.prepare_columns,
        result_name=options.result_name,
    )


def info(options: Namespace) -> None:
    """Print what the lake knows of a model."""
    show(model.info(options.name, version=options.model_version))


def environment_of(given: str | None) -> EnvironmentLike:
    """One of the words, or the path of a file: never the text itself, as in Python."""
    return given if given is None or given in ("freeze", "model") else Path(given)
