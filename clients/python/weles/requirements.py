"""The environment to send with a model: found from the model, this interpreter's freeze, a file, or a text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from weles.errors import InvalidEnvironment
from weles.freeze import annotated, freeze
from weles.installed import Installed
from weles.model_file import ModelFile
from weles.needed import Unreadable, needed_by, requirements_of
from weles.progress import say
from weles.requirements_file import read_environment_file

__all__ = ["EnvironmentLike", "Requirements", "requirements"]

EnvironmentLike = Union[str, "os.PathLike[str]", None]


@dataclass(frozen=True)
class Requirements:
    """`text` in a form that the lake reads; `filename` hints at the form; `found` says how: model, freeze or given."""

    text: str
    filename: str
    found: str


def requirements(environment: EnvironmentLike = None, opened: ModelFile | None = None) -> Requirements:
    """What to send. None or "model": what the model needs, at this session's versions; "freeze": all of this session.

    Else a file's path, or the text itself: a text with a line break, "==" or " @ ", or an empty one, is the
    requirements; any other is a path. Without a model "model" is the freeze.

    Raises InvalidEnvironment when there is no such file or it is not UTF-8, or when the model needs a module that is
    of no installed package.
    """
    if environment is None or environment == "model":
        return _of_model(opened)
    if environment == "freeze":
        return _of_session(opened)
    if isinstance(environment, str) and (
        not environment.strip() or any(mark in environment for mark in ("\n", "==", " @ "))
    ):
        return Requirements(environment, "", "given")
    path = Path(environment)
    return Requirements(read_environment_file(path), path.name, "given")


def _of_model(opened: ModelFile | None) -> Requirements:
    if opened is None:
        return _of_session(None)
    installed = Installed()
    try:
        return Requirements(requirements_of(needed_by(opened, installed), installed), "requirements.txt", "model")
    except Unreadable as reason:
        say(f"note: what the model needs cannot be found ({reason}): all of this session is sent")
        return _of_session(None)


def _of_session(opened: ModelFile | None) -> Requirements:
    installed = Installed()
    try:
        needed = None if opened is None else needed_by(opened, installed)
    except (Unreadable, InvalidEnvironment):
        needed = None
    return Requirements(annotated(freeze(), installed, needed), "requirements.txt", "freeze")
