"""The relay of a pod: who is believed, and what gets through, to a socket and to FIFOs."""

import fcntl
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from registry.domain.errors.lake import ModelBusy
from registry.domain.schema import ColumnType, Field
from registry.runners import handshake, remote
from registry.runners.channel import Channel, ContainerGone
from registry.runners.connection import ConnectionLost
from registry.runners.packets import PACKET_BYTES
from registry.runners.relay import Relay
from registry.runners.remote import Address
from registry.runners.run_folder import RunFolder, RunFolders
from registry.runners.unix_socket import reachable
from registry.tables.frame import PREFIX, encode
from registry.tables.table import Column, Table

KEY = bytes(range(32))
SECONDS = 5.0


def _table(rows: int) -> Table:
    data = struct.pack(f"<{rows}d", *range(rows))
    return Table.of([Column(Field("prediction", ColumnType.FLOAT64), data)])


def _echo(header: bytes, body: bytes) -> bytes:
    """The question's own table as the answer."""
    text = header.replace(b'"op":"predict"', b'"ok":true', 1)
    return PREFIX.pack(len(text), len(body)) + text + body


class SocketRuntime:
    """A runtime on a Unix socket that says back what it is asked."""

    def __init__(self, folder: Path) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        with reachable(folder / "socket") as name:
            self._server.bind(name)
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._attend, args=(client,), daemon=True).start()

    def _attend(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as asked:
            while prefix := asked.read(PREFIX.size):
                header_bytes, body_bytes = PREFIX.unpack(prefix)
                client.sendall(_echo(asked.read(header_bytes), asked.read(body_bytes)))


class FifoRuntime:
    """A runtime on FIFOs that says back what it is asked, packet by packet, and a frame at a time."""

    def __init__(self, folder: Path) -> None:
        for name in ("request", "answer"):
            os.mkfifo(folder / name)
        (folder / "turn").touch()
        self._request, self._answer = (os.open(folder / name, os.O_RDWR) for name in ("request", "answer"))
        (folder / "ready").touch()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Its thread waits for ever, and goes with the process."""

    def _serve(self) -> None:
        while True:
            nonce, frame, needed = b"", b"", None
            while needed is None or len(frame) < needed:
                packet = os.read(self._request, PACKET_BYTES)
                (length,) = struct.unpack_from("<I", packet, 16)
                if packet[:16] != nonce:
                    nonce, frame = packet[:16], b""
                frame += packet[20 : 20 + length]
                header_bytes, body_bytes = PREFIX.unpack(frame[: PREFIX.size])
                needed = PREFIX.size + header_bytes + body_bytes
            body = PREFIX.size + header_bytes
            answer = _echo(frame[PREFIX.size : body], frame[body:])
            for start in range(0, len(answer), 4076):
                piece = answer[start : start + 4076]
                os.write(self._answer, (nonce + struct.pack("<I", len(piece)) + piece).ljust(PACKET_BYTES, b"\0"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the pod's containers share."""
    path = tmp_path / "pod"
    path.mkdir()
    (path / "lease").touch()
    return path


@pytest.fixture
def relay(folder: Path) -> Iterator[tuple[Relay, Address]]:
    listener = socket.create_server(("127.0.0.1", 0))
    it = Relay(folder, KEY, lease_seconds=30)
    address = Address("127.0.0.1", listener.getsockname()[1], KEY.hex())
    thread = threading.Thread(target=it.serve, args=(listener,))
    thread.start()
    yield it, address
    it.end()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def here(tmp_path: Path, relay: tuple[Relay, Address]) -> Path:
    """The run folder by which the lake knows the pod."""
    folders = RunFolders(tmp_path / "run")
    folders.prepare()
    return folders.adopt("v1", "abc", relay[1])


@pytest.fixture(params=[SocketRuntime, FifoRuntime])
def runtime(request: pytest.FixtureRequest, folder: Path) -> Iterator[object]:
    make: Callable[[Path], SocketRuntime | FifoRuntime] = request.param
    with closing(make(folder)) as it:
        yield it


@pytest.mark.parametrize("rows", [1, 500, 200_000])
def test_questions_and_answers_of_any_size_get_through(runtime: object, here: Path, rows: int) -> None:
    table = _table(rows)
    with closing(Channel()) as channel:
        for _ in range(3):
            answer = channel.call(here, {"op": "predict", "wait": 5}, table, timeout=SECONDS)
            assert answer.table == table


def test_many_ask_at_once(runtime: object, here: Path) -> None:
    answers: list[Table] = []

    def ask(rows: int) -> None:
        answers.append(channel.call(here, {"op": "predict", "wait": 5}, _table(rows), timeout=SECONDS).table)

    with closing(Channel()) as channel:
        threads = [threading.Thread(target=ask, args=(rows,)) for rows in range(1, 17)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert sorted(each.rows for each in answers) == [*range(1, 17)]


def test_who_waits_too_long_for_a_turn_is_told_so(folder: Path, here: Path) -> None:
    FifoRuntime(folder)
    with (folder / "turn").open() as turn, closing(Channel()) as channel:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with pytest.raises(ModelBusy):
            channel.call(here, {"op": "predict", "wait": 0.2}, _table(3), timeout=SECONDS)
        fcntl.flock(turn, fcntl.LOCK_UN)
        assert channel.call(here, {"op": "predict", "wait": 2}, _table(3), timeout=SECONDS).table.rows == 3


def test_who_does_not_know_the_key_is_not_heard(runtime: object, relay: tuple[Relay, Address]) -> None:
    stranger = Address("127.0.0.1", relay[1].port, bytes(32).hex())
    for attempt in (lambda: remote.status(stranger, SECONDS), lambda: remote.connect(stranger, time.monotonic() + 5)):
        with pytest.raises(ConnectionLost, match="another one"):
            attempt()
    with socket.create_connection(("127.0.0.1", relay[1].port), timeout=SECONDS) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert stream.recv(100) == b""
    with socket.create_connection(("127.0.0.1", relay[1].port), timeout=SECONDS) as stream:
        stream.sendall(handshake.MAGIC + handshake.QUESTIONS + bytes(16))
        stream.sendall(remote.read_exactly(stream, 48)[16:])
        assert stream.recv(100) == b""


def test_who_only_has_the_address_does_not_get_the_question(tmp_path: Path) -> None:
    """Another model's pod, that was given the address of one that has ended."""
    heard = bytearray()
    listener = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        client, _ = listener.accept()
        with client:
            heard.extend(client.recv(1000))
            client.sendall(bytes(48))
            heard.extend(client.recv(1000))

    thread = threading.Thread(target=listen)
    thread.start()
    folders = RunFolders(tmp_path / "run")
    folders.prepare()
    here = folders.adopt("v1", "abc", Address("127.0.0.1", listener.getsockname()[1], KEY.hex()))
    with closing(Channel()) as channel, pytest.raises(ContainerGone) as gone:
        channel.call(here, {"op": "predict", "secret": "question"}, _table(1), timeout=SECONDS)
    thread.join()
    listener.close()
    assert gone.value.sent is False
    assert len(heard) == 21
    assert b"question" not in heard
    assert KEY not in heard


def test_without_a_runtime_nothing_counts_as_sent(here: Path) -> None:
    with closing(Channel()) as channel, pytest.raises(ContainerGone) as gone:
        channel.call(here, {"op": "predict"}, _table(1), timeout=SECONDS)
    assert gone.value.sent is False


def test_the_lake_is_told_how_it_stands(folder: Path, relay: tuple[Relay, Address]) -> None:
    assert remote.status(relay[1], SECONDS)["ready"] is False
    (folder / "failure.json").write_text('{"class": "ValueError", "message": "no", "traceback": "…", "more": 1}')
    lease = folder / "lease"
    os.utime(lease, (time.time() - 100,) * 2)
    status = remote.status(relay[1], SECONDS)
    assert status["failure"] == {"class": "ValueError", "message": "no", "traceback": "…"}
    assert time.time() - lease.stat().st_mtime < 10
    with closing(SocketRuntime(folder)):
        assert remote.status(relay[1], SECONDS)["ready"] is True
        (folder / "used").touch()
        os.utime(folder / "used", (time.time() - 50,) * 2)
        assert 49 < remote.status(relay[1], SECONDS)["idle_seconds"] < 60
        os.utime(folder / "used", (time.time() + 5000,) * 2)
        assert remote.status(relay[1], SECONDS)["idle_seconds"] == 1e9


def _end_of(folder: Path, lease_seconds: float, during: Callable[[Address], None]) -> float:
    """Seconds that a relay lives."""
    listener = socket.create_server(("127.0.0.1", 0))
    it = Relay(folder, KEY, lease_seconds=lease_seconds)
    begun = time.monotonic()
    thread = threading.Thread(target=it.serve, args=(listener,))
    thread.start()
    during(Address("127.0.0.1", listener.getsockname()[1], KEY.hex()))
    thread.join(20)
    assert not thread.is_alive()
    return time.monotonic() - begun


def test_it_ends_when_its_lease_is_lost(folder: Path) -> None:
    with closing(SocketRuntime(folder)):
        assert 1 <= _end_of(folder, 1, lambda address: None) < 4

        def renew(address: Address) -> None:
            for _ in range(4):
                time.sleep(0.5)
                remote.status(address, SECONDS)

        assert 3 <= _end_of(folder, 1, renew) < 6


def test_it_ends_when_the_runtime_has_ended(folder: Path) -> None:
    def live_and_end(address: Address) -> None:
        with closing(SocketRuntime(folder)):
            time.sleep(1.5)
            (folder / "socket").unlink()

    assert _end_of(folder, 30, live_and_end) < 5


def test_a_model_cannot_send_the_lake_anywhere(tmp_path: Path) -> None:
    """Only beside the run folders an address is believed, never in one."""
    folders = RunFolders(tmp_path / "run")
    folders.prepare()
    folder = folders.new(os.getuid(), os.getgid())
    (folder.path / "addresses").mkdir()
    for place in (folder.path / "address", folder.path / "addresses" / folder.path.name):
        place.write_text('{"host": "127.0.0.1", "port": 1, "key": ""}')
    assert remote.address_of(folder.path) is None


def test_what_is_over_leaves_no_address(tmp_path: Path, relay: tuple[Relay, Address]) -> None:
    folders = RunFolders(tmp_path / "run")
    folders.prepare()
    first = folders.adopt("v1", "first", relay[1])
    second = folders.adopt("v1", "second", relay[1])
    assert folders.current("v1") == second
    assert remote.address_of(second) == relay[1]
    assert remote.address_of(first) is None
    assert not first.exists()
    assert (tmp_path / "run" / "addresses" / "second").stat().st_mode & 0o777 == 0o600
    folders.discard("v1", RunFolder(second))
    assert folders.current("v1") is None
    assert [*(tmp_path / "run" / "addresses").iterdir()] == []


def test_a_frame_is_what_the_tests_runtime_takes_it_for() -> None:
    parts = b"".join(bytes(part) for part in encode({"op": "predict"}, _table(2)))
    header_bytes, body_bytes = PREFIX.unpack(parts[: PREFIX.size])
    assert len(parts) == PREFIX.size + header_bytes + body_bytes
