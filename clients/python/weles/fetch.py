"""A model's file out of the lake: checked against its hash before anybody reads it, loaded only where it belongs."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import requests

from weles.connection import Connection, segment
from weles.errors import LakeUnreachable, ModelNotLoadable, UnexpectedAnswer
from weles.progress import transfer
from weles.session import require_match
from weles.whole_file import whole_file

__all__ = ["download", "get"]

_BLOCK = 1 << 20
_ENDINGS = {"pickle": ".pkl", "joblib": ".joblib", "rds": ".rds"}


def get(connection: Connection, name: str, version: int | str | None, *, force: bool) -> Any:
    """See `weles.model.get`."""
    info = _info(connection, name, version)
    if not force:
        require_match(info)
    with cast(BinaryIO, tempfile.TemporaryFile()) as file:
        _pour(connection, info, file)
        file.seek(0)
        return _load(info, file)


def download(connection: Connection, name: str, path: str | os.PathLike[str] | None, version: int | str | None) -> Path:
    """See `weles.model.download`."""
    info = _info(connection, name, version)
    file_name = f"{info['name']}-{info['version']}{_ENDINGS.get(str(info.get('format')), '')}"
    target = Path(file_name if path is None else path)
    if target.is_dir():
        target /= file_name
    with whole_file(target) as file:
        _pour(connection, info, file)
    return target


def _info(connection: Connection, name: str, version: int | str | None) -> dict[str, Any]:
    return connection.json("GET", f"/models/{segment(name)}", params={"version": version})


def _pour(connection: Connection, info: Mapping[str, Any], file: BinaryIO) -> None:
    """Write the file of the version of `info`. Raises UnexpectedAnswer when it has not the hash that it must have."""
    path, number = f"/models/{segment(str(info['name']))}/file", info["version"]
    answer = connection.request("GET", path, params={"version": number}, accept="application/octet-stream", stream=True)
    sha256, size = hashlib.sha256(), 0
    with answer, transfer(str(info["name"]), int(info.get("size") or 0), connection.progress) as received:
        try:
            for block in answer.iter_content(_BLOCK):
                file.write(block)
                sha256.update(block)
                size += len(block)
                if received:
                    received(size)
        except requests.RequestException as reason:
            raise LakeUnreachable(f"The file broke off: {reason}", next="Ask again.") from reason
    if f"sha256:{sha256.hexdigest()}" != info["sha256"]:
        raise UnexpectedAnswer(
            f"The file of {info['name']!r}, version {number}, is not the one that was uploaded: its hash is another.",
            next="Check any proxy before the lake; tell the operator.",
        )


def _load(info: Mapping[str, Any], file: BinaryIO) -> Any:
    try:
        if info.get("format") == "joblib":
            import joblib  # type: ignore[import-untyped,unused-ignore]

            return joblib.load(file)
        return pickle.load(file)  # noqa: S301 - the caller asked for it, and the session is the one that it needs
    except Exception as reason:
        raise ModelNotLoadable(
            f"{info['name']!r}, version {info['version']}, cannot be loaded here: {type(reason).__name__}: {reason}",
            next="Call it with `model.predict`; `model.info` shows the session that made it.",
        ) from reason
