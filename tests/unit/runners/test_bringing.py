"""A pod that waits is given its model by its relay: once, by who knows the key, and whole or not at all."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from waitress.server import create_server

from registry.blob_server import create_blob_app
from registry.blobs.filesystem import FilesystemBlobs
from registry.domain.signature import blob_address
from registry.runners import remote
from registry.runners.connection import ConnectionLost
from registry.runners.relay import Relay
from registry.runners.remote import Address

KEY = bytes(range(32))
SECRET = "a secret of some length"
SECONDS = 5.0


class Lake:
    """The server that gives blobs to pods."""

    def __init__(self, folder: Path) -> None:
        self.blobs = FilesystemBlobs(folder)
        self.server = create_server(create_blob_app(self.blobs, SECRET), host="127.0.0.1", port=0, threads=2)

    def url(self, content: bytes, *, seconds: int = 60) -> str:
        digest, _ = self.blobs.put(io.BytesIO(content))
        address = blob_address(SECRET, digest, int(time.time()) + seconds)
        return f"http://127.0.0.1:{self.server.effective_port}{address}"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    it = Lake(tmp_path / "blobs")

    def run() -> None:
        with suppress(OSError):
            it.server.run()

    threading.Thread(target=run, daemon=True).start()
    yield it
    it.server.close()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    return path


@pytest.fixture
def address(tmp_path: Path, model: Path) -> Iterator[Address]:
    listener = socket.create_server(("127.0.0.1", 0))
    (tmp_path / "run").mkdir()
    relay = Relay(tmp_path / "run", KEY, 30, model)
    thread = threading.Thread(target=relay.serve, args=(listener,))
    thread.start()
    yield Address("127.0.0.1", listener.getsockname()[1], KEY.hex())
    relay.end()
    thread.join(10)


def test_it_brings_a_model_and_its_manifest_once(lake: Lake, model: Path, address: Address) -> None:
    assert remote.give(address, lake.url(b"trees"), lake.url(b"{}"), SECONDS) is None
    assert {each.name: each.read_bytes() for each in model.iterdir()} == {"model": b"trees", "model.json": b"{}"}
    with pytest.raises(ConnectionLost):
        remote.give(address, lake.url(b"others"), lake.url(b"{}"), SECONDS)
    assert (model / "model").read_bytes() == b"trees"


def test_a_stranger_gives_it_nothing(lake: Lake, model: Path, address: Address) -> None:
    with pytest.raises(ConnectionLost):
        remote.give(Address(address.host, address.port, "00" * 32), lake.url(b"trees"), lake.url(b"{}"), SECONDS)
    assert [*model.iterdir()] == []
    assert remote.give(address, lake.url(b"trees"), lake.url(b"{}"), SECONDS) is None


def test_what_cannot_be_had_is_told_and_no_manifest_is_there(lake: Lake, model: Path, address: Address) -> None:
    late = remote.give(address, lake.url(b"trees", seconds=-1), lake.url(b"{}"), SECONDS)
    assert late == "model: the lake answered 403"
    assert [*model.iterdir()] == []


def test_a_pod_that_was_made_for_a_model_is_given_no_other(tmp_path: Path, lake: Lake) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    (tmp_path / "run").mkdir()
    relay = Relay(tmp_path / "run", KEY, 30)
    thread = threading.Thread(target=relay.serve, args=(listener,))
    thread.start()
    try:
        with pytest.raises(ConnectionLost):
            remote.give(
                Address("127.0.0.1", listener.getsockname()[1], KEY.hex()), lake.url(b"x"), lake.url(b"{}"), SECONDS
            )
    finally:
        relay.end()
        thread.join(10)
