"""model.json: which model, how it is read and how it is called."""

import json
import os
from typing import Any, Dict, NamedTuple, Optional, Tuple

from weles_runtime.errors import ContractError

CONTRACT = 1


class Manifest(NamedTuple):
    """`inputs` are typed columns as the contract writes them, by name, in their order."""

    flavour: str
    format: str
    path: str
    target: Optional[str]
    inputs: Tuple[Dict[str, Any], ...]
    threads: Optional[int]


def read(folder):
    """The manifest in the model's folder. Raises ContractError."""
    try:
        with open(os.path.join(folder, "model.json"), "rb") as file:
            document = json.loads(file.read().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError("model.json cannot be read: {}".format(error)) from None
    if not isinstance(document, dict) or document.get("contract") != CONTRACT:
        raise ContractError("model.json is not of contract {}".format(CONTRACT))
    for key in ("flavour", "format", "file"):
        if not isinstance(document.get(key), str) or not document[key]:
            raise ContractError("model.json has no text {!r}".format(key))
    name, threads, inputs = document["file"], document.get("threads"), document.get("inputs", [])
    if name != os.path.basename(name) or not os.path.isfile(os.path.join(folder, name)):
        raise ContractError("there is no model file {!r} beside model.json".format(name))
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ContractError('"threads" is not a number of threads: {!r}'.format(threads))
    if not isinstance(inputs, list) or not all(isinstance(each, dict) and "name" in each for each in inputs):
        raise ContractError('"inputs" is not a list of typed columns')
    return Manifest(
        document["flavour"],
        document["format"],
        os.path.join(folder, name),
        document.get("target"),
        tuple(inputs),
        threads,
    )
