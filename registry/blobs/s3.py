"""Content-addressed bytes in an S3 bucket: uploaded in parts, seen when whole; read through a cache on the local disk.

    <prefix>sha256/<ab>/<hex>             the content
    <prefix>puts/<hex>/<moment>-<random>  when it was put last: what is young is not deleted
    <prefix>deleting/<hex>/<random>       somebody is deleting it: who puts it waits for the end of that

A store orders what happens to one key, and knows no locks. So each side says first what it is about to do and looks
afterwards whether the other has said so too: who deletes gives way to who has put, who puts waits for who deletes.
"""

import hashlib
import io
import re
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from registry.blobs.cache import BlobCache
from registry.domain.entities import now
from registry.domain.errors.invalid import TooLarge
from registry.domain.errors.lake import BlobUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHUNK = 1 << 20
_PART = 16 << 20
_PAUSE_SECONDS = 0.05
# A deletion goes no further than the first; by the second it has ended, one way or another.
_DELETES_WITHIN_SECONDS, _DELETION_OVER_SECONDS = 60.0, 300.0


def connect(endpoint: str = "") -> "S3Client":
    """A client as the usual AWS variables and files say; `endpoint` is the address of a store that is not Amazon's."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        config=Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 3},
            # Other stores seldom have a host name for every bucket.
            s3={"addressing_style": "path" if endpoint else "auto"},
            signature_version="s3v4",
        ),
    )


class S3Blobs:
    """The `Blobs` port over `url`, which is s3://BUCKET/PREFIX. Raises ValueError for another one."""

    def __init__(self, client: "S3Client", url: str, cache: BlobCache) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError(f"{url!r} is no s3://BUCKET/PREFIX")
        prefix = parts.path.strip("/")
        self._client = client
        self._bucket = parts.netloc
        self._prefix = f"{prefix}/" if prefix else ""
        self._cache = cache
        self._in_parts = TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART, max_concurrency=4)

    def put(self, stream: BinaryIO, *, limit_bytes: int | None = None, what: str = "content") -> tuple[str, int]:
        with _seekable(stream) as file:
            start = file.tell()
            digest, size = _measure(file, limit_bytes, what)
            file.seek(start)
            with _store_errors(digest):
                mark = self._mark_put(digest)
                try:
                    self._wait_for_deletions(digest)
                    if not self._is_there(digest, size):
                        self._upload(digest, file)
                        if not self._is_there(digest, size):
                            raise BlobUnavailable(digest, "the store has not kept all of its bytes")
                except BaseException:
                    with suppress(Exception):
                        self._delete_key(mark)
                    raise
                for older in self._keys(f"puts/{_name(digest)}/"):
                    if older < mark:
                        self._delete_key(older)
        return digest, size

    @contextmanager
    def get(self, digest: str) -> Iterator[BinaryIO]:
        with self.path(digest).open("rb") as file:
            yield file

    def path(self, digest: str) -> Path:
        _name(digest)
        with _store_errors(digest):
            return self._cache.path(digest, lambda: self._stream(digest))

    def holds(self, digest: str) -> bool:
        try:
            with _store_errors(digest):
                return self._is_there(digest)
        except BlobUnavailable:
            return False

    def put_before(self, moment: datetime) -> Iterator[str]:
        for name, marks in groupby(self._keys("puts/"), key=lambda key: key.split("/")[-2]):
            if all(_moment_of(mark) < moment for mark in [*marks]):
                yield f"sha256:{name}"

    def delete(self, digest: str, *, put_before: datetime) -> bool:
        name, begun = _name(digest), time.monotonic()
        with _store_errors(digest):
            deleting = f"{self._prefix}deleting/{name}/{uuid.uuid4().hex}"
            self._client.put_object(Bucket=self._bucket, Key=deleting, Body=b"")
            try:
                marks = [*self._keys(f"puts/{name}/")]
                if any(_moment_of(mark) >= put_before for mark in marks):
                    return False
                if time.monotonic() - begun > _DELETES_WITHIN_SECONDS:
                    return False
                self._delete_key(self._key(digest))
                for mark in marks:
                    self._delete_key(mark)
            finally:
                self._delete_key(deleting)
        self._cache.forget(digest)
        return True

    def size(self, digest: str) -> int:
        with _store_errors(digest):
            return self._size(digest) or 0

    def sweep(self, before: datetime, *, really: bool = True) -> int:
        freed = self._cache.sweep(before, really=really)
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=f"{self._prefix}sha256/"
        )
        for page in pages:
            for upload in page.get("Uploads", []):
                if upload["Initiated"] < before:
                    freed += self._abort(upload["Key"], upload["UploadId"], really)
        return freed

    def signed_url(self, digest: str, seconds: int) -> str:
        """An address from which the content, and nothing else, can be read for so long without credentials."""
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": self._key(digest)}, ExpiresIn=seconds
        )

    def _upload(self, digest: str, file: BinaryIO) -> None:
        # Parts are seen by nobody until the store has all of them; what fails is aborted.
        self._client.upload_fileobj(cast(BinaryIO, _Kept(file)), self._bucket, self._key(digest), Config=self._in_parts)

    def _abort(self, key: str, upload: str, really: bool) -> int:
        freed = 0
        with suppress(self._client.exceptions.NoSuchUpload):
            for page in self._client.get_paginator("list_parts").paginate(
                Bucket=self._bucket, Key=key, UploadId=upload
            ):
                freed += sum(part["Size"] for part in page.get("Parts", []))
            if really:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)
        return freed

    @contextmanager
    def _stream(self, digest: str) -> Iterator[BinaryIO]:
        body = self._client.get_object(Bucket=self._bucket, Key=self._key(digest))["Body"]
        try:
            yield cast(BinaryIO, body)
        finally:
            body.close()

    def _is_there(self, digest: str, size: int | None = None) -> bool:
        found = self._size(digest)
        return found is not None and size in (None, found)

    def _size(self, digest: str) -> int | None:
        try:
            return self._client.head_object(Bucket=self._bucket, Key=self._key(digest))["ContentLength"]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def _mark_put(self, digest: str) -> str:
        moment = int(now().timestamp() * 1_000_000)
        key = f"{self._prefix}puts/{_name(digest)}/{moment:020}-{uuid.uuid4().hex[:8]}"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=b"")
        return key

    def _wait_for_deletions(self, digest: str) -> None:
        while True:
            answer = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=f"{self._prefix}deleting/{_name(digest)}/"
            )
            # As the store's own clock has it, which gave them their times.
            clock = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
            under_way = False
            for each in answer.get("Contents", []):
                if (clock - each["LastModified"]).total_seconds() > _DELETION_OVER_SECONDS:
                    self._delete_key(each["Key"])
                else:
                    under_way = True
            if not under_way:
                return
            time.sleep(_PAUSE_SECONDS)

    def _keys(self, prefix: str) -> Iterator[str]:
        """In their order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self._prefix}{prefix}"
        )
        for page in pages:
            for each in page.get("Contents", []):
                yield each["Key"]

    def _delete_key(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def _key(self, digest: str) -> str:
        name = _name(digest)
        return f"{self._prefix}sha256/{name[:2]}/{name}"


def _name(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise BlobUnavailable(digest, "this is not a digest")
    return digest.removeprefix("sha256:")


def _moment_of(mark: str) -> datetime:
    """When that was put."""
    return datetime.fromtimestamp(int(mark.rpartition("/")[2].partition("-")[0]) / 1_000_000, UTC)


def _measure(file: BinaryIO, limit_bytes: int | None, what: str) -> tuple[str, int]:
    sha256, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        if limit_bytes is not None and size > limit_bytes:
            raise TooLarge(limit_bytes, what)
        sha256.update(chunk)
    return f"sha256:{sha256.hexdigest()}", size


@contextmanager
def _seekable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream, as a file that can be read twice: once for its digest, once to send it."""
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as file:
        while chunk := stream.read(_CHUNK):
            file.write(chunk)
        file.seek(0)
        yield cast(BinaryIO, file)


@contextmanager
def _store_errors(digest: str) -> Iterator[None]:
    """What the store says, as the lake says it: never an address or a credential."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        raise BlobUnavailable(digest, f"the store answers {code}") from error
    except BotoCoreError as error:
        raise BlobUnavailable(digest, f"the store cannot be asked ({type(error).__name__})") from error
    except OSError as error:
        raise BlobUnavailable(digest, error.strerror or type(error).__name__) from error


class _Kept(io.RawIOBase):
    """A file that is read by somebody who closes what is given to them, which its owner does not want."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def readable(self) -> bool:
        return True
