"""What only a bucket can get wrong: parts, deletions that cross with a put, the cache on the local disk."""

import hashlib
import io
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.stub import Stubber

from registry.blobs import cache as caching
from registry.blobs import s3
from registry.blobs.cache import BlobCache
from registry.blobs.s3 import S3Blobs
from registry.domain.entities import now
from registry.domain.errors.lake import BlobUnavailable
from tests.s3 import Bucket

CONTENT = b"a model" * 1000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
KEY = f"lake/sha256/{DIGEST[7:9]}/{DIGEST[7:]}"


@pytest.fixture
def blobs(bucket: Bucket, tmp_path: Path) -> S3Blobs:
    return S3Blobs(bucket.client, f"{bucket.url}/lake", BlobCache(tmp_path / "cache", 1 << 30))


def _later(seconds: float = 60) -> Any:
    return now() + timedelta(seconds=seconds)


def test_a_large_content_goes_in_parts_and_comes_back_whole(blobs: S3Blobs, bucket: Bucket) -> None:
    content = os.urandom(40 << 20)
    digest, size = blobs.put(io.BytesIO(content))
    assert size == len(content)
    key = f"lake/sha256/{digest[7:9]}/{digest[7:]}"
    # The tag of what came in parts says how many there were.
    assert bucket.client.head_object(Bucket=bucket.name, Key=key)["ETag"].endswith('-3"')
    with blobs.get(digest) as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == digest[7:]  # type: ignore[arg-type]
    assert bucket.unfinished() == []


def test_nothing_is_left_when_the_store_fails_in_the_middle(
    blobs: S3Blobs, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_part, parts = bucket.client.upload_part, []

    def fail_at_the_second(**asked: Any) -> Any:
        parts.append(asked["PartNumber"])
        if asked["PartNumber"] == 2:
            raise OSError("no route to host")
        return upload_part(**asked)

    monkeypatch.setattr(bucket.client, "upload_part", fail_at_the_second)
    with pytest.raises(BlobUnavailable):
        blobs.put(io.BytesIO(os.urandom(40 << 20)))
    assert 2 in parts
    assert (bucket.objects(), bucket.unfinished()) == ([], [])


def test_parts_of_a_killed_process_are_swept(blobs: S3Blobs, bucket: Bucket) -> None:
    upload = bucket.client.create_multipart_upload(Bucket=bucket.name, Key=KEY)["UploadId"]
    bucket.client.upload_part(Bucket=bucket.name, Key=KEY, UploadId=upload, PartNumber=1, Body=b"half")
    # This store says of every upload that it began in 2010.
    assert blobs.sweep(datetime(2009, 1, 1, tzinfo=UTC)) == 0
    assert blobs.sweep(_later(), really=False) == 4
    assert bucket.unfinished() == [KEY]
    assert blobs.sweep(_later()) == 4
    assert bucket.unfinished() == []


def test_what_is_there_is_not_sent_again(blobs: S3Blobs, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs.put(io.BytesIO(CONTENT))
    monkeypatch.setattr(bucket.client, "upload_fileobj", None)
    assert blobs.put(io.BytesIO(CONTENT)) == (DIGEST, len(CONTENT))
    assert len([key for key in bucket.objects() if "/puts/" in key]) == 1


def test_a_put_between_the_look_and_the_deletion_waits_for_it(
    blobs: S3Blobs, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = S3Blobs(s3.connect(bucket.address), f"{bucket.url}/lake", BlobCache(tmp_path / "other", 1 << 30))
    blobs.put(io.BytesIO(CONTENT))
    putting = threading.Thread(target=lambda: other.put(io.BytesIO(CONTENT)))
    delete_object = bucket.client.delete_object

    def slow(**asked: Any) -> Any:
        if asked["Key"] == KEY:
            putting.start()
            putting.join(0.5)
            assert putting.is_alive()
        return delete_object(**asked)

    monkeypatch.setattr(bucket.client, "delete_object", slow)
    assert blobs.delete(DIGEST, put_before=_later(0))
    putting.join()
    assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_the_deletion_of_a_killed_process_is_waited_for_no_longer_than_it_can_take(
    blobs: S3Blobs, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key=f"lake/deleting/{DIGEST[7:]}/killed", Body=b"")
    monkeypatch.setattr(s3, "_DELETION_OVER_SECONDS", 2.0)
    begun = time.monotonic()
    blobs.put(io.BytesIO(CONTENT))
    assert 1.0 < time.monotonic() - begun < 20
    assert [key for key in bucket.objects() if "/deleting/" in key] == []
    assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_bytes_changed_in_the_store_are_noticed_and_not_kept(blobs: S3Blobs, bucket: Bucket, tmp_path: Path) -> None:
    blobs.put(io.BytesIO(CONTENT))
    bucket.client.put_object(Bucket=bucket.name, Key=KEY, Body=CONTENT[:-1] + b"!")
    with pytest.raises(BlobUnavailable, match="changed in the store"):
        blobs.path(DIGEST)
    assert [each for each in (tmp_path / "cache").rglob("*") if each.is_file()] == []


def test_the_cache_gives_up_what_was_not_used_for_longest(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = S3Blobs(bucket.client, f"{bucket.url}/lake", BlobCache(tmp_path / "cache", 2500))
    digests = [blobs.put(io.BytesIO(bytes([number]) * 1000))[0] for number in range(4)]
    first, second, third, fourth = digests
    for digest in (first, second, third):
        blobs.path(digest)
    # Somebody may be about to mount each of them: nothing goes.
    assert len([*(tmp_path / "cache").glob("sha256/*/*")]) == 3
    monkeypatch.setattr(caching, "_IN_USE_SECONDS", 0.0)
    opened = blobs.path(second).open("rb")
    blobs.path(first)
    blobs.path(fourth)
    left = {f"sha256:{each.name}" for each in (tmp_path / "cache").glob("sha256/*/*")}
    assert left == {first, fourth}
    with opened:
        assert opened.read() == bytes([1]) * 1000
    assert blobs.path(second).read_bytes() == bytes([1]) * 1000


def test_a_signed_address_reads_one_content_for_a_while(blobs: S3Blobs, bucket: Bucket) -> None:
    blobs.put(io.BytesIO(CONTENT))
    address = blobs.signed_url(DIGEST, 60)
    assert address.startswith(f"{bucket.address}/{bucket.name}/{KEY}?")
    assert "X-Amz-Expires=60" in address
    assert requests.get(address, timeout=10).content == CONTENT


def test_a_store_that_is_away_is_the_lakes_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = s3.connect("http://127.0.0.1:9")
    away = S3Blobs(client, "s3://bucket", BlobCache(tmp_path, 1 << 20))
    with Stubber(client) as stubber:
        stubber.add_client_error("get_object", "AccessDenied", "secret words", 403)
        with pytest.raises(BlobUnavailable, match=r"the store answers AccessDenied$"):
            away.path(DIGEST)
    assert not away.holds(DIGEST)


@pytest.mark.parametrize("url", ["file:///tmp", "s3://", "s3:/bucket", "bucket"])
def test_an_address_that_is_none_is_named(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is no s3://BUCKET/PREFIX"):
        S3Blobs(s3.connect(), url, BlobCache(tmp_path, 1 << 20))
