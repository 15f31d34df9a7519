"""An upload as one streamed request: the model's file, its requirements, its data and its golden rows."""

from __future__ import annotations

import platform
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from weles import dataset, sources
from weles.connection import Connection
from weles.flavour import class_name, flavour_of
from weles.golden import golden_rows
from weles.model_file import ModelFile, open_model
from weles.multipart import Multipart, Part, json_part
from weles.progress import transfer
from weles.requirements import EnvironmentLike, Requirements, requirements
from weles.tables import Table

__all__ = ["ModelText", "send"]

_WHOLE_ROWS, _HEAD_ROWS = 20_000, 1_000


@dataclass(frozen=True)
class ModelText:
    """What people shall read of a model and of its data."""

    name: str
    description: str
    target: str
    tags: tuple[str, ...]
    data_name: str
    data_description: str


def send(connection: Connection, mod: Any, text: ModelText, data: Any, environment: EnvironmentLike) -> dict[str, Any]:
    """Check all that can be checked here, send it, and return the lake's answer {model, version, job, state, notes}.

    A data file is stored as a dataset first: the lake gives its columns their types, and the golden rows follow them.
    """
    with ExitStack() as open_files:
        opened = open_model(mod)
        open_files.callback(opened.file.close)
        flavour = flavour_of(opened.model)
        stored = sources.hash_of(data)
        if stored is None and sources.file_of(data) is not None:
            stored = dataset.upload(data, text.data_name, text.data_description).hash
        table = sources.table_of(data) if stored is None else _sample(connection, stored)
        golden = golden_rows(opened.model, table, text.target)
        # Now the session has imported whatever predicting takes.
        pins = requirements(environment, opened)
        parts = [
            json_part("metadata", _metadata(opened, flavour, text, stored, pins)),
            Part("model", "application/octet-stream", opened.file),
            Part("requirements", "text/plain", BytesIO(pins.text.encode()), pins.filename),
            json_part("golden", golden),
        ]
        if stored is None:
            parts.append(dataset.data_part(table, open_files))
        body = Multipart(parts)
        with transfer(text.name, len(body), connection.progress) as sent:
            body.sent = sent
            return connection.json("POST", "/models", body=body, content_type=body.content_type)


def _metadata(
    opened: ModelFile, flavour: str, text: ModelText, stored: str | None, pins: Requirements
) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "name": text.name,
        "description": text.description,
        "target": text.target,
        "tags": list(text.tags),
        "flavour": flavour,
        "format": opened.format,
        "language": "python",
        "language_version": platform.python_version(),
        "model_class": class_name(opened.model),
        "data_name": text.data_name,
        "data_description": text.data_description,
        "system": {
            "platform": platform.platform(),
            "system": platform.system(),
            "release": platform.release(),
            "distribution": _distribution(),
            "machine": platform.machine(),
            "processor": platform.processor(),
            "implementation": platform.python_implementation(),
            "environment": pins.found,
        },
    }
    if stored is not None:
        metadata["dataset"] = stored
    return metadata


def _distribution() -> str:
    """Of Linux, as it calls itself; empty where there is none."""
    try:
        with open("/etc/os-release", encoding="utf-8") as file:  # noqa: PTH123 - freedesktop_os_release is of 3.10
            named = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    except (OSError, ValueError):
        return ""
    return named.get("PRETTY_NAME", "").strip("\"'")


def _sample(connection: Connection, hash: str) -> Table:
    """The stored dataset, or the first rows of a large one: enough to spread the golden rows over."""
    rows = int(dataset.info(hash).get("rows") or 0)
    return dataset.read(connection, hash, rows=_HEAD_ROWS if rows > _WHOLE_ROWS else None)
