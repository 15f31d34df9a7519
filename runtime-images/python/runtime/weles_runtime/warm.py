"""A container that has no model yet: import what its environment's models import, and wait to be given one."""

import importlib
import json
import os
import sys
import time
from typing import NamedTuple, Optional, Tuple

from weles_runtime.errors import ContractError
from weles_runtime.manifest import CONTRACT

_LOOK_SECONDS = 0.01
_MOST_MODULES = 5000


class Warm(NamedTuple):
    """warm.json: the names of modules, in the order in which to import them, and how many threads they may use."""

    imports: Tuple[str, ...]
    threads: Optional[int]


def wanted(model_dir):
    """There is no model yet, but the order to be ready for one."""
    return _is_there(model_dir, "warm.json") and not _is_there(model_dir, "model.json")


def read(model_dir):
    """The order in the model's folder. Raises ContractError."""
    try:
        with open(os.path.join(model_dir, "warm.json"), "rb") as file:
            document = json.loads(file.read().decode("utf-8"))
        if document["contract"] != CONTRACT:
            raise ValueError("it is not of contract {}".format(CONTRACT))
        return Warm(tuple(str(name) for name in document["imports"]), document.get("threads"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ContractError("warm.json cannot be read: {}".format(error)) from None


def import_all(names):
    """Import the modules; one that cannot be imported is the affair of the model that needs it."""
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException:  # A module may raise anything, SystemExit too.
            pass


def wait(model_dir, run_dir):
    """Say that this container is warm, and return when it has been given a model."""
    path = os.path.join(run_dir, "warm")
    with open(path, "w"):
        pass
    while not _is_there(model_dir, "model.json"):
        time.sleep(_LOOK_SECONDS)
    os.unlink(path)


def imported():
    """The names of all modules of packages that are imported now, in the order in which that began."""
    folders = tuple(os.path.join(each, "") for each in sys.path if os.path.basename(each).endswith("-packages"))
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(folders):
            found.append(name)
    return found[:_MOST_MODULES]


def _is_there(folder, name):
    return os.path.exists(os.path.join(folder, name))
