"""What the commands about models and datasets do with their parsed options."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

import requests

from weles import dataset, model, prediction, sources
from weles.connection import current, segment
<<<<<<< HEAD
from weles.errors import CallerError, InvalidInput, LakeUnreachable
from weles.progress import say
from weles.requirements import EnvironmentLike
=======
from weles.errors import InvalidInput, LakeUnreachable
from weles.output import show
>>>>>>> main

__all__ = [
    "dataset_get",
    "dataset_info",
    "dataset_upload",
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
        environment=_environment(options.requirements),
        wait=options.wait,
    )
    show(asdict(made))


def status(options: Namespace) -> None:
    """Print a version's status, waiting for its end unless told not to."""
    now = model.status(options.name, options.model_version, wait=not options.no_wait)
    show(asdict(now))


def predict(options: Namespace) -> None:
    """Print the predictions for a file's rows, as the lake writes them."""
    connection = current()
    if options.data == "-":
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
        accept=_TYPES[options.output or form],
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
<<<<<<< HEAD
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


def _environment(given: str | None) -> EnvironmentLike:
    """One of the words, or the path of a file: never the text itself, as in Python."""
    return given if given in (None, "freeze", "model") else Path(given)


def _password(options: Namespace) -> str:
    password = sys.stdin.readline().rstrip("\r\n") if options.password_stdin else getpass.getpass()
    if not password:
        raise CallerError("The password is empty.", next="Type it, or give it with --password-stdin.")
    return password


def _print(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))
=======
    show(dataset.info(options.hash))
>>>>>>> main


def _pour(answer: requests.Response) -> None:
    try:
        for block in answer.iter_content(_BLOCK):
            sys.stdout.buffer.write(block)
    except requests.RequestException as reason:
        raise LakeUnreachable(f"The answer broke off: {reason}", next="Ask again.") from reason
