"""What each command of `weles` does with its parsed options."""

from __future__ import annotations

import getpass
import json
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

import requests

from weles import config, dataset, model, prediction, sources, user
from weles.connection import current, segment
from weles.errors import CallerError, InvalidInput, LakeUnreachable
from weles.progress import say

__all__ = [
    "dataset_get",
    "dataset_info",
    "dataset_upload",
    "info",
    "login",
    "predict",
    "status",
    "upload",
    "user_create",
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
        environment=None if options.requirements is None else Path(options.requirements),
        wait=options.wait,
    )
    _print(asdict(made))


def status(options: Namespace) -> None:
    """Print a version's status, waiting for its end unless told not to."""
    now = model.status(options.name, options.model_version, wait=not options.no_wait)
    _print(asdict(now))


def predict(options: Namespace) -> None:
    """Print the predictions for a file's rows, as the lake writes them."""
    connection = current()
    stored = sources.hash_of(options.data)
    if options.later:
        _print(
            asdict(model.predict_later(options.name, options.data, mode=options.mode, version=options.model_version))
        )
        return
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
    _print(model.info(options.name, version=options.model_version))


def dataset_upload(options: Namespace) -> None:
    """Store a data file; print its hash and columns."""
    _print(asdict(dataset.upload(Path(options.data), options.name, options.description)))


def dataset_get(options: Namespace) -> None:
    """Print a dataset, or its first rows."""
    rows = getattr(options, "n", None)
    path = f"/datasets/{segment(options.hash)}" + ("" if rows is None else "/head")
    _pour(current().request("GET", path, params={"rows": rows}, accept=_TYPES[options.output], stream=True))


def dataset_info(options: Namespace) -> None:
    """Print what the lake knows of a dataset."""
    _print(dataset.info(options.hash))


def login(options: Namespace) -> None:
    """Get a token and keep it."""
    url = options.url or config.choose(None, None).url
    connection = user.login(options.name, _password(options), url=url)
    say(f"Logged in to {connection.url} as {options.name}; the token is kept in {config.path()}.")


def user_create(options: Namespace) -> None:
    """Make a user; print name, role and token."""
    made = user.create(options.name, _password(options))
    _print(asdict(made))


def _password(options: Namespace) -> str:
    password = sys.stdin.readline().rstrip("\r\n") if options.password_stdin else getpass.getpass()
    if not password:
        raise CallerError("The password is empty.", next="Type it, or give it with --password-stdin.")
    return password


def _print(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


def _pour(answer: requests.Response) -> None:
    try:
        for block in answer.iter_content(_BLOCK):
            sys.stdout.buffer.write(block)
    except requests.RequestException as reason:
        raise LakeUnreachable(f"The answer broke off: {reason}", next="Ask again.") from reason
