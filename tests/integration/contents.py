"""What a lake has stored, seen from beside it: in its home, or in its bucket."""

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from registry.blobs import s3
from registry.settings import Settings


class Contents(Protocol):
    def names(self) -> list[str]:
        """Of each content: its digest."""
        ...

    def age(self, seconds: float) -> None:
        """As if all had been put so long before."""
        ...

    def put(self, digest: str, content: bytes, ago: float) -> None:
        """Past the lake, which knows nothing of it, so many seconds ago."""
        ...

    def begin(self, content: bytes, ago: float) -> None:
        """Of an upload that broke off so many seconds ago: so much was written."""
        ...

    def begun(self) -> list[str]: ...


def contents(settings: Settings) -> Contents:
    return _Bucket(settings) if settings.bucket else _Folder(settings.blobs_folder)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return sorted(f"sha256:{file.name}" for file in (self._folder / "sha256").glob("??/*"))

    def age(self, seconds: float) -> None:
        for file in self._folder.rglob("*"):
            if file.is_file():
                os.utime(file, (time.time() - seconds,) * 2)

    def put(self, digest: str, content: bytes, ago: float) -> None:
        name = digest.removeprefix("sha256:")
        file = self._folder / "sha256" / name[:2] / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (time.time() - ago,) * 2)

    def begin(self, content: bytes, ago: float) -> None:
        file = self._folder / "incoming" / "half-written"
        file.write_bytes(content)
        os.utime(file, (time.time() - ago,) * 2)

    def begun(self) -> list[str]:
        return [file.name for file in (self._folder / "incoming").iterdir()]


class _Bucket:
    def __init__(self, settings: Settings) -> None:
        place = urlsplit(settings.bucket)
        self._client: Any = s3.connect(settings.s3_endpoint)
        self._bucket, self._prefix = place.netloc, place.path.strip("/") + "/"

    def names(self) -> list[str]:
        return sorted(f"sha256:{key.rpartition('/')[2]}" for key in self._keys("sha256/"))

    def age(self, seconds: float) -> None:
        """The store keeps its own times; the lake goes by the names of its marks."""
        for key in [*self._keys("puts/")]:
            folder, _, mark = key.rpartition("/")
            moment, _, rest = mark.partition("-")
            self._client.put_object(
                Bucket=self._bucket, Key=f"{folder}/{int(moment) - int(seconds * 1e6):020}-{rest}", Body=b""
            )
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def put(self, digest: str, content: bytes, ago: float) -> None:
        name, moment = digest.removeprefix("sha256:"), int((time.time() - ago) * 1e6)
        for key, body in (
            (f"sha256/{name[:2]}/{name}", content),
            (f"puts/{name}/{moment:020}-{uuid.uuid4().hex[:8]}", b""),
        ):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=body)

    def begin(self, content: bytes, ago: float) -> None:
        """This store says of every upload that it began in 2010."""
        where = {"Bucket": self._bucket, "Key": f"{self._prefix}sha256/00/{'0' * 64}"}
        upload = self._client.create_multipart_upload(**where)["UploadId"]
        self._client.upload_part(**where, UploadId=upload, PartNumber=1, Body=content)

    def begun(self) -> list[str]:
        return [each["Key"] for each in self._client.list_multipart_uploads(Bucket=self._bucket).get("Uploads", [])]

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        for page in pages:
            for each in page.get("Contents", []):
                yield each["Key"]
