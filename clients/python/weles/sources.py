"""Data as the caller has it: a table in memory, a file, or the hash of a dataset that the lake has."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weles.errors import InvalidInput
from weles.frames import FrameTable, is_frame
from weles.tables import Table, from_records, from_values

__all__ = ["content_type_of", "file_of", "hash_of", "table_of"]

_CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.stream",
    ".arrows": "application/vnd.apache.arrow.stream",
}
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


def hash_of(data: object) -> str | None:
    """`data` when it is a dataset's hash, else None."""
    return data if isinstance(data, str) and _HASH.fullmatch(data) else None


def file_of(data: object) -> Path | None:
    """The file that `data` names, None when it is not a path. Raises InvalidInput when there is no such data file."""
    if not isinstance(data, (str, os.PathLike)):
        return None
    path = Path(data)
    content_type_of(path)
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", next="Check the path; a dataset's hash begins with sha256:.")
    if path.stat().st_size == 0:
        raise InvalidInput(f"The file {path} is empty.", next="Give a file with a header and rows.")
    return path


def content_type_of(path: Path) -> str:
    """The media type by the file's suffix. Raises InvalidInput for a suffix that the lake does not read."""
    try:
        return _CONTENT_TYPES[path.suffix.lower()]
    except KeyError:
        raise InvalidInput(
            f"{path} is not a data file that the lake reads.", next=f"Give one of {', '.join(_CONTENT_TYPES)}."
        ) from None


def table_of(data: Any) -> Table:
    """The typed table of a DataFrame, a dict of columns, or a list of dicts. Raises InvalidInput for anything else."""
    if is_frame(data):
        return FrameTable(data)
    if isinstance(data, Mapping):
        return from_values(data)
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return from_records(data)
    raise InvalidInput(
        f"A {type(data).__module__}.{type(data).__qualname__} is not a table.",
        next="Give a DataFrame, a dict of columns, a list of dicts, or the path of a .csv file.",
    )
