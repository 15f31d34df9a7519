"""What any `Blobs` must do. Today there is one adapter; the next one joins the list of fixtures."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.blobs.filesystem import FilesystemBlobs
from registry.domain.errors import BlobUnavailable, TooLarge
from registry.domain.ports import Blobs

CONTENT = b"a model" * 1000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@pytest.fixture(params=["filesystem"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return {"filesystem": FilesystemBlobs}[request.param](tmp_path)


class BreakingStream(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 3:
            raise ConnectionError("the client went away")
        return super().read(3)


def _files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def test_what_is_put_can_be_got(blobs: Blobs) -> None:
    assert blobs.put(io.BytesIO(CONTENT)) == (DIGEST, len(CONTENT))
    with blobs.get(DIGEST) as stream:
        assert stream.read() == CONTENT
    assert blobs.path(DIGEST).read_bytes() == CONTENT


def test_the_same_content_is_kept_once(blobs: Blobs, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: blobs.put(io.BytesIO(CONTENT)), range(16)))
    assert set(results) == {(DIGEST, len(CONTENT))}
    assert len(_files(tmp_path)) == 1


def test_nothing_is_left_of_a_stream_that_breaks(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        blobs.put(BreakingStream(CONTENT))
    assert _files(tmp_path) == []


def test_a_limit_holds_and_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(TooLarge) as caught:
        blobs.put(io.BytesIO(CONTENT), limit_bytes=len(CONTENT) - 1, what="model")
    assert caught.value.fields == {"limit_bytes": len(CONTENT) - 1, "what": "model"}
    assert _files(tmp_path) == []
    assert blobs.put(io.BytesIO(CONTENT), limit_bytes=len(CONTENT))[0] == DIGEST


@pytest.mark.parametrize("digest", [DIGEST, "sha256:..", "../../etc/passwd", "sha256:" + "0" * 63, DIGEST + "\n", ""])
def test_what_is_not_there_or_no_digest(blobs: Blobs, digest: str) -> None:
    with pytest.raises(BlobUnavailable):
        blobs.path(digest)


def test_bytes_changed_on_the_disk_are_noticed(tmp_path: Path) -> None:
    blobs = FilesystemBlobs(tmp_path)
    blobs.put(io.BytesIO(CONTENT))
    file = blobs.path(DIGEST)
    file.chmod(0o644)
    file.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(BlobUnavailable, match="changed on the disk"), blobs.get(DIGEST):
        pass
