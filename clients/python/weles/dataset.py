"""Datasets of the lake: immutable tables, addressed by the hash of their content."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from weles import dataset_file, frames, sharing, sources
from weles.connection import Connection, current, object_of, segment
from weles.multipart import Multipart, Part, json_part
from weles.progress import transfer
from weles.sharing import Access
from weles.tables import ListTable, Table, from_document, to_records

__all__ = [
    "Access",
    "Dataset",
    "access",
    "add_alias",
    "audits",
    "citation",
    "data_part",
    "download",
    "edit_alias",
    "get",
    "head",
    "info",
    "read",
    "remove_alias",
    "share",
    "shown",
    "unshare",
    "upload",
]


@dataclass(frozen=True)
class Dataset:
    """What an upload made: `hash`, number of `rows`, and the typed `columns` ({"name", "type", …} each)."""

    hash: str
    rows: int
    columns: list[dict[str, Any]]


def upload(data: Any, name: str, description: str = "") -> Dataset:
    """Put a table into the lake under `name`; the same content again gives the same hash.

    `data`: a DataFrame, a dict of columns, a list of dicts, or the path of a .csv, .parquet, .arrow or .json file, sent
    as it is, of any size (columns of a .csv get their types from the lake; a DataFrame's keep theirs).
    Raises InvalidInput for what is no table.
    """
    with ExitStack() as open_files:
        body = Multipart(
            [json_part("metadata", {"name": name, "description": description}), data_part(data, open_files)]
        )
        connection = current()
        with transfer(name, len(body), connection.progress) as sent:
            body.sent = sent
            answer = connection.json("POST", "/datasets", body=body, content_type=body.content_type)
    columns = [{key: value for key, value in each.items() if key != "statistics"} for each in answer["columns"]]
    return Dataset(str(answer["hash"]), int(answer["rows"]), columns)


def get(hash: str) -> Any:
    """The whole dataset: a DataFrame where pandas can be imported, else a list of dicts. Raises NotFound."""
    return shown(read(current(), hash))


def download(hash: str, path: str | os.PathLike[str]) -> Path:
    """Write the whole dataset to a .csv, .parquet, .arrow or .json file, however large; the file's path.

    The file is whole or not there at all. Raises NotFound, InvalidInput for another suffix.
    """
    return dataset_file.download(current(), hash, path)


def head(hash: str, n: int = 5) -> Any:
    """The first `n` rows, in the form of `get`. Raises NotFound."""
    return shown(read(current(), hash, rows=n))


def info(hash: str) -> dict[str, Any]:
    """What the lake knows of it: hash, rows, missing, columns with their `statistics`, aliases {name, description,
    owner, created_at}, link, citation, created_at.

    A column's statistics say in `approximate` which of its figures are estimates. Raises NotFound.
    """
    return current().json("GET", f"/datasets/{segment(hash)}/info")


def citation(hash: str) -> str:
    """A line that a paper can print: author, year, name, size, a link that stays, and the hash. Raises NotFound."""
    return str(info(hash)["citation"])


def audits(hash: str, *, measure: str | None = None) -> list[dict[str, Any]]:
    """What is kept of all models' audits on it: {model, version, language, measure, value, rows, note …} each."""
    return list(current().json("GET", "/audits", params={"dataset": hash, "measure": measure})["audits"])


def add_alias(hash: str, name: str, description: str = "") -> dict[str, Any]:
    """Give a stored dataset a name of your own; its new `info`. Raises NotFound, Exists."""
    return current().send_json("POST", f"/datasets/{segment(hash)}/aliases", {"name": name, "description": description})


def edit_alias(
    hash: str, name: str, *, new_name: str | None = None, description: str | None = None, owner: str | None = None
) -> dict[str, Any]:
    """Rename or describe one of your names for it; its new `info`. `owner`: whose it is, for administrators.

    Raises NotFound when there is no such alias of yours, Exists.
    """
    changes = {key: value for key, value in (("name", new_name), ("description", description)) if value is not None}
    return object_of(current().send("PATCH", _alias(hash, name), changes, params={"owner": owner}))


def remove_alias(hash: str, name: str, *, owner: str | None = None) -> None:
    """Take one of your names away. A dataset without any goes after a time of grace, unless a model was made with it.

    Raises NotFound when there is no such alias of yours.
    """
    current().request("DELETE", _alias(hash, name), params={"owner": owner}, repeatable=False)


def _alias(hash: str, name: str) -> str:
    return f"/datasets/{segment(hash)}/aliases/{segment(name)}"


def access(hash: str) -> dict[str, Access]:
    """Whom each of your names for the dataset is for. Raises Forbidden when you have given it none."""
    mine = current().json("GET", "/users/me")["name"]
    aliases = current().json("GET", f"/datasets/{segment(hash)}/access")["aliases"]
    return _by_name(each for each in aliases if each["owner"] == mine)


def share(
    hash: str, users: str | Iterable[str] = (), *, public: bool = False, alias: str | None = None
) -> dict[str, Access]:
    """Let these users see the dataset too; `public`: every user of the lake. A new dataset is yours alone.

    `alias`: under which of your names for it; default: all of them. Raises NotFound, Forbidden when you have given
    it no name, InvalidRequest for users that do not exist.
    """
    return _change_access(hash, alias, lambda now: sharing.shared(now, users, public))


def unshare(hash: str, users: str | Iterable[str] = (), *, alias: str | None = None) -> dict[str, Access]:
    """Take the dataset back from these users, or from everyone when none are named. Raises as `share` does."""
    return _change_access(hash, alias, lambda now: sharing.unshared(now, users))


def _change_access(hash: str, alias: str | None, change: Callable[[Access], Access]) -> dict[str, Access]:
    known = access(hash)
    chosen = known if alias is None else {alias: known.get(alias, sharing.PRIVATE)}
    changed: dict[str, Access] = {}
    for name, now in chosen.items():
        path, wanted = f"/datasets/{segment(hash)}/access", change(now)
        answer = object_of(current().send("PUT", path, wanted.document(), params={"alias": name}))
        changed.update(_by_name(answer["aliases"]))
    return changed


def _by_name(aliases: Iterable[Mapping[str, Any]]) -> dict[str, Access]:
    return {str(each["name"]): sharing.access_of(each) for each in aliases}


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
