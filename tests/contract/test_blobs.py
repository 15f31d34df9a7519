"""What any `Blobs` must do: files of a folder, and a bucket over real HTTP."""

import hashlib
import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from registry.blobs.cache import BlobCache
from registry.blobs.filesystem import FilesystemBlobs
from registry.blobs.s3 import S3Blobs
from registry.domain.entities import now
from registry.domain.errors.invalid import TooLarge
from registry.domain.errors.lake import BlobUnavailable
from registry.domain.ports.blobs import Blobs
from tests.s3 import Bucket

CONTENT = b"a model" * 1000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@dataclass
class Store:
    """An adapter, another one of the same store for another process, and what the store has kept."""

    blobs: Blobs
    other: Blobs
    kept: Callable[[], list[str]]


def _files(folder: Path) -> list[str]:
    return [f"{each}" for each in folder.rglob("*") if each.is_file()]


@pytest.fixture(params=["filesystem", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "filesystem":
        return Store(FilesystemBlobs(tmp_path), FilesystemBlobs(tmp_path), lambda: _files(tmp_path))
    bucket: Bucket = request.getfixturevalue("bucket")
    return Store(
        S3Blobs(bucket.client, f"{bucket.url}/a/lake", BlobCache(tmp_path / "a", 1 << 30)),
        S3Blobs(bucket.client, f"{bucket.url}/a/lake", BlobCache(tmp_path / "b", 1 << 30)),
        # That it was put is known as long as it is there, and is no content.
        lambda: [key for key in bucket.objects() if "/puts/" not in key] + bucket.unfinished(),
    )


@pytest.fixture
def blobs(store: Store) -> Blobs:
    return store.blobs


class BreakingStream(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 3:
            raise ConnectionError("the client went away")
        return super().read(3)


def test_what_is_put_can_be_got(blobs: Blobs) -> None:
    assert blobs.put(io.BytesIO(CONTENT)) == (DIGEST, len(CONTENT))
    with blobs.get(DIGEST) as stream:
        assert stream.read() == CONTENT
    assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_the_same_content_is_kept_once(blobs: Blobs, store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: blobs.put(io.BytesIO(CONTENT)), range(16)))
    assert set(results) == {(DIGEST, len(CONTENT))}
    assert len(store.kept()) == 1


def test_nothing_is_left_of_a_stream_that_breaks(blobs: Blobs, store: Store) -> None:
    with pytest.raises(ConnectionError):
        blobs.put(BreakingStream(CONTENT))
    assert store.kept() == []


def test_a_limit_holds_and_leaves_nothing(blobs: Blobs, store: Store) -> None:
    with pytest.raises(TooLarge) as caught:
        blobs.put(io.BytesIO(CONTENT), limit_bytes=len(CONTENT) - 1, what="model")
    assert caught.value.fields == {"limit_bytes": len(CONTENT) - 1, "what": "model"}
    assert store.kept() == []
    assert blobs.put(io.BytesIO(CONTENT), limit_bytes=len(CONTENT))[0] == DIGEST


def test_it_is_told_whether_the_content_is_there(blobs: Blobs) -> None:
    assert not blobs.holds(DIGEST)
    blobs.put(io.BytesIO(CONTENT))
    assert blobs.holds(DIGEST)
    assert not blobs.holds("sha256:..")


def test_its_size_is_told(blobs: Blobs) -> None:
    assert blobs.size(DIGEST) == 0
    blobs.put(io.BytesIO(CONTENT))
    assert blobs.size(DIGEST) == len(CONTENT)


def test_another_process_reads_it(store: Store) -> None:
    store.blobs.put(io.BytesIO(CONTENT))
    assert store.other.path(DIGEST).read_bytes() == CONTENT


def test_a_stream_is_left_open_and_read_from_where_it_is(blobs: Blobs) -> None:
    stream = io.BytesIO(b"not this" + CONTENT)
    stream.seek(8)
    assert blobs.put(stream) == (DIGEST, len(CONTENT))
    assert not stream.closed


@pytest.mark.parametrize("digest", [DIGEST, "sha256:..", "../../etc/passwd", "sha256:" + "0" * 63, DIGEST + "\n", ""])
def test_what_is_not_there_or_no_digest(blobs: Blobs, digest: str) -> None:
    with pytest.raises(BlobUnavailable):
        blobs.path(digest)


def _later(seconds: float = 60) -> datetime:
    return now() + timedelta(seconds=seconds)


def test_what_is_deleted_is_gone_and_can_be_put_again(blobs: Blobs, store: Store) -> None:
    blobs.put(io.BytesIO(CONTENT))
    assert blobs.path(DIGEST).exists()
    assert blobs.delete(DIGEST, put_before=_later())
    assert store.kept() == []
    with pytest.raises(BlobUnavailable):
        blobs.path(DIGEST)
    assert blobs.delete(DIGEST, put_before=_later())
    assert blobs.put(io.BytesIO(CONTENT)) == (DIGEST, len(CONTENT))
    assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_what_is_young_is_not_deleted(blobs: Blobs) -> None:
    before = now()
    blobs.put(io.BytesIO(CONTENT))
    assert not blobs.delete(DIGEST, put_before=before - timedelta(seconds=1))
    assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_putting_it_again_makes_it_young(blobs: Blobs) -> None:
    blobs.put(io.BytesIO(CONTENT))
    time.sleep(0.05)
    between = now()
    time.sleep(0.05)
    assert [*blobs.put_before(between)] == [DIGEST]
    blobs.put(io.BytesIO(CONTENT))
    assert [*blobs.put_before(between)] == []
    assert not blobs.delete(DIGEST, put_before=between)
    assert [*blobs.put_before(_later())] == [DIGEST]


def test_what_an_upload_has_just_put_outlives_those_who_delete_what_was_old(blobs: Blobs) -> None:
    """Whichever comes first of a `put` and the deletions of what was there before: the content is there afterwards."""
    with ThreadPoolExecutor(4) as threads:
        for _ in range(60 if isinstance(blobs, FilesystemBlobs) else 12):
            blobs.put(io.BytesIO(CONTENT))
            time.sleep(0.002)
            moment, start = now(), threading.Barrier(4)

            def delete(moment: datetime = moment, start: threading.Barrier = start) -> None:
                start.wait()
                for _ in range(5):
                    blobs.delete(DIGEST, put_before=moment)

            def put(start: threading.Barrier = start) -> None:
                start.wait()
                blobs.put(io.BytesIO(CONTENT))

            for done in [threads.submit(delete), threads.submit(delete), threads.submit(put), threads.submit(delete)]:
                done.result()
            assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_a_put_between_the_look_and_the_deletion_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race, with its moment held open: another process puts just when the file has been found old."""
    blobs, other, unlink = FilesystemBlobs(tmp_path), FilesystemBlobs(tmp_path), Path.unlink
    blobs.put(io.BytesIO(CONTENT))
    putting = threading.Thread(target=lambda: other.put(io.BytesIO(CONTENT)))

    def slow(path: Path, missing_ok: bool = False) -> None:
        if path == tmp_path / "sha256" / DIGEST[7:9] / DIGEST[7:]:
            putting.start()
            putting.join(0.3)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", slow)
    assert blobs.delete(DIGEST, put_before=_later(0))
    putting.join()
    assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_no_digest_is_deleted(blobs: Blobs) -> None:
    with pytest.raises(BlobUnavailable):
        blobs.delete("../../etc/passwd", put_before=_later())


def test_what_was_left_half_written_is_swept(tmp_path: Path) -> None:
    blobs = FilesystemBlobs(tmp_path)
    blobs.put(io.BytesIO(CONTENT))
    left = tmp_path / "incoming" / "left"
    left.write_bytes(b"half")
    assert blobs.sweep(now() - timedelta(hours=1)) == 0
    assert left.exists()
    assert blobs.sweep(_later()) == 4
    assert not left.exists()
    assert blobs.path(DIGEST).exists()


def test_bytes_changed_on_the_disk_are_noticed(tmp_path: Path) -> None:
    blobs = FilesystemBlobs(tmp_path)
    blobs.put(io.BytesIO(CONTENT))
    file = blobs.path(DIGEST)
    file.chmod(0o644)
    file.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(BlobUnavailable, match="changed on the disk"), blobs.get(DIGEST):
        pass
