"""Datasets of the lake: immutable tables, addressed by the hash of their content."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from weles import frames, sources
from weles.connection import Connection, current, segment
from weles.multipart import Multipart, Part, json_part
from weles.progress import transfer
from weles.tables import ListTable, Table, from_document, to_records

__all__ = ["Dataset", "data_part", "get", "head", "info", "read", "shown", "upload"]


@dataclass(frozen=True)
class Dataset:
    """What an upload made: `hash`, number of `rows`, and the typed `columns` ({"name", "type", …} each)."""

    hash: str
    rows: int
    columns: list[dict[str, Any]]


def upload(data: Any, name: str, description: str = "") -> Dataset:
    """Put a table into the lake under `name`; the same content again gives the same hash.

    `data`: a DataFrame, a dict of columns, a list of dicts, or the path of a .csv, .parquet or .json file (columns
    of a .csv get their types from the lake; a DataFrame's keep theirs). Raises InvalidInput for what is no table.
    """
    with ExitStack() as open_files:
        body = Multipart(
            [json_part("metadata", {"name": name, "description": description}), data_part(data, open_files)]
        )
        with transfer(name, len(body)) as sent:
            body.sent = sent
            answer = current().json("POST", "/datasets", body=body, content_type=body.content_type)
    return Dataset(str(answer["hash"]), int(answer["rows"]), list(answer["columns"]))


def get(hash: str) -> Any:
    """The whole dataset: a DataFrame where pandas can be imported, else a list of dicts. Raises NotFound."""
    return shown(read(current(), hash))


def head(hash: str, n: int = 5) -> Any:
    """The first `n` rows, in the form of `get`. Raises NotFound."""
    return shown(read(current(), hash, rows=n))


def info(hash: str) -> dict[str, Any]:
    """What the lake knows of it: hash, rows, columns, created_at, and aliases {name, description, owner, created_at}.

    Raises NotFound.
    """
    return current().json("GET", f"/datasets/{segment(hash)}/info")


def read(connection: Connection, hash: str, *, rows: int | None = None) -> ListTable:
    """The dataset as a typed table: all of it, or its first `rows`."""
    if rows is None:
        return from_document(connection.json("GET", f"/datasets/{segment(hash)}"))
    return from_document(connection.json("GET", f"/datasets/{segment(hash)}/head", params={"rows": rows}))


def shown(table: ListTable) -> Any:
    """`table` as a DataFrame where pandas can be imported, else as a list of dicts."""
    if frames.available():
        return frames.to_frame(table.fields, table.columns(0, table.rows))
    return to_records(table)


def data_part(data: Any, open_files: ExitStack) -> Part:
    """The part `data` of a request: a file as it is, a table as typed JSON in a temporary file."""
    path = sources.file_of(data)
    if path is not None:
        return Part("data", sources.content_type_of(path), open_files.enter_context(path.open("rb")))
    table = data if isinstance(data, Table) else sources.table_of(data)
    file = cast(BinaryIO, open_files.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115 - closed by the stack
    table.write_json(file)
    return Part("data", "application/json", file)
