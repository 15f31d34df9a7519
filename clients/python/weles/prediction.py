"""One prediction: the caller's data as a request's body, the lake's answer in the caller's form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

from requests import Response

from weles import frames, sources
from weles.columns import decode
from weles.connection import Body, Connection, object_of, segment
from weles.errors import InvalidInput
from weles.frames import FrameTable
from weles.prepare import csv_body, prepared
from weles.tables import ListTable, Table, from_document, from_rows, to_records

__all__ = ["later", "predict", "prepared_file", "send", "table_in_memory"]

_RUN = ("model", "version", "environment", "image")


def predict(
    connection: Connection, name: str, data: Any, mode: str, version: int | str | None, *, prepare_columns: bool = False
) -> Any:
    """See `weles.model.predict`."""
    with ExitStack() as open_files:
        body, content_type, table = _body(connection, name, data, version, prepare_columns, open_files)
        response = send(connection, name, body, content_type, mode=mode, version=version)
    answer = object_of(response)
    if "predictions" in answer:  # a .json file of records is answered in records
        rows = answer["predictions"]
        return [row["prediction"] for row in rows] if rows and [*rows[0]] == ["prediction"] else rows
    predicted = from_document(answer)
    run = {key: answer.get(key) for key in _RUN}
    if isinstance(table, FrameTable):
        return _as_pandas(predicted, mode, table.frame.index, run)
    if sources.hash_of(data) and frames.available():
        return _as_pandas(predicted, mode, range(predicted.rows), run)
    if mode == "exact" and len(predicted.fields) == 1:
        return decode(predicted.fields[0], predicted.columns(0, predicted.rows)[0])
    return to_records(predicted)


def later(
    connection: Connection,
    name: str,
    data: Any,
    mode: str,
    version: int | str | None,
    *,
    prepare_columns: bool = False,
    result_name: str = "",
) -> str:
    """See `weles.model.predict_later`; the id of the job."""
    with ExitStack() as open_files:
        body, content_type, _ = _body(connection, name, data, version, prepare_columns, open_files)
        answer = connection.json(
            "POST",
            f"/models/{segment(name)}/predictions",
            params={"mode": mode, "version": version, "name": result_name or None},
            body=body,
            content_type=content_type,
        )
    return str(answer["job"])


def _body(
    connection: Connection,
    name: str,
    data: Any,
    version: int | str | None,
    prepare_columns: bool,
    open_files: ExitStack,
) -> tuple[bytes | Body, str, Table | None]:
    """(the request's body, its media type, the caller's table if it is one)."""
    stored = sources.hash_of(data)
    if stored is not None:
        return json.dumps({"dataset": stored}).encode(), "application/json", None
    path = sources.file_of(data)
    if path is not None:
        content_type = sources.content_type_of(path)
        if not prepare_columns:
            return open_files.enter_context(path.open("rb")), content_type, None
        return prepared_file(connection, name, path, version), "text/csv", None
    table = table_in_memory(connection, name, version, data)
    if prepare_columns:
        table = prepared(table, _inputs(connection, name, version))
    return _json(table), "application/json", table


def prepared_file(connection: Connection, name: str, path: Path, version: int | str | None) -> BytesIO:
    """A .csv file with its columns as the model takes them. Raises InvalidInput for another file."""
    if sources.content_type_of(path) != "text/csv" or sources.file_of(path) is None:
        raise InvalidInput(
            f"The columns of {path} cannot be prepared.", next="Give a .csv file, or read it into a DataFrame."
        )
    return csv_body(path, _inputs(connection, name, version))


def _inputs(connection: Connection, name: str, version: int | str | None) -> list[dict[str, Any]]:
    known = connection.json("GET", f"/models/{segment(name)}", params={"version": version})
    return list(known.get("inputs") or [])


def send(
    connection: Connection,
    name: str,
    body: bytes | Body,
    content_type: str,
    *,
    mode: str,
    version: int | str | None,
    accept: str = "application/json",
    stream: bool = False,
) -> Response:
    """The lake's answer to a body that is already JSON, CSV or Parquet."""
    return connection.request(
        "POST",
        f"/models/{segment(name)}/predict",
        params={"mode": mode, "version": version},
        body=body,
        content_type=content_type,
        accept=accept,
        repeatable=True,  # a prediction changes nothing in the lake
        stream=stream,
    )


def table_in_memory(connection: Connection, name: str, version: int | str | None, data: Any) -> Table:
    """A frame, records, columns, or rows in the order of the model's columns. Raises InvalidInput for anything else."""
    if frames.is_frame(data) or isinstance(data, Mapping):
        return sources.table_of(data)
    if isinstance(data, Sequence) and data and isinstance(data[0], Mapping):
        return sources.table_of(data)
    dimensions = getattr(data, "ndim", None)
    if dimensions is None and isinstance(data, Sequence) and data and isinstance(data[0], (list, tuple)):
        dimensions = 2
    if dimensions != 2:
        raise InvalidInput(
            f"The data are not a table: {type(data).__name__}.",
            next="Give a DataFrame, a list of dicts, a dict of columns, the path of a .csv, or a 2-D array "
            "(one row is [[…]]).",
        )
    return from_rows(data, [str(field["name"]) for field in _inputs(connection, name, version)])


def _json(table: Table) -> bytes:
    # Names only: the lake reads the values by the model's own schema.
    file = BytesIO()
    table.write_json(file, typed=False)
    return file.getvalue()


def _as_pandas(predicted: ListTable, mode: str, index: Any, run: Mapping[str, Any]) -> Any:
    same_rows = len(index) == predicted.rows
    frame = frames.to_frame(predicted.fields, predicted.columns(0, predicted.rows), index if same_rows else None)
    shown = frame.iloc[:, 0] if mode == "exact" and len(predicted.fields) == 1 else frame
    shown.attrs["weles"] = dict(run)
    return shown
