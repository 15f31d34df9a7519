"""The lake's side of a runtime with FIFOs, against runtimes that are gone, slow, broken and hostile."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from registry.domain.errors.lake import ModelBusy
from registry.domain.errors.model import PredictionTimeout
from registry.domain.schema import ColumnType, Field
from registry.runners.channel import BrokenAnswer, Channel, ContainerGone
from registry.runners.packets import NONCE_BYTES, PACKET_BYTES, split
from registry.runners.run_folder import RunFolder
from registry.tables import frame
from registry.tables.frame import FrameLimits
from registry.tables.table import Column, Table

TABLE = Table.of([Column.from_values(Field("x", ColumnType.FLOAT64), [1.0, 2.0])])
OK = [b"".join(bytes(part) for part in frame.encode({"ok": True}))]


class FifoRuntime:
    """A runtime made by a test: `behave(runtime, nonce, frame)` has each whole question."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.behave: Callable[[FifoRuntime, bytes, bytes], None] = echo
        for name in ("request", "answer"):
            os.mkfifo(folder / name)
        (folder / "turn").touch()
        self._request = os.open(folder / "request", os.O_RDWR)
        self._answer = os.open(folder / "answer", os.O_RDWR)
        (folder / "ready").touch()
        self._is_over = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def answer(self, packets: bytes) -> None:
        os.write(self._answer, packets)

    def close(self) -> None:
        if not self._is_over:
            self._is_over = True
            os.set_blocking(self._answer, False)
            with suppress(BlockingIOError):
                os.read(self._answer, 1 << 20)
            os.write(self._request, bytes(PACKET_BYTES))
            self._thread.join()
            os.close(self._request)
            os.close(self._answer)

    def _serve(self) -> None:
        nonce, payload = b"", b""
        while not self._is_over:
            packet = os.read(self._request, PACKET_BYTES)
            if packet[:NONCE_BYTES] != nonce:
                nonce, payload = packet[:NONCE_BYTES], b""
            length = int.from_bytes(packet[NONCE_BYTES : NONCE_BYTES + 4], "little")
            payload += packet[NONCE_BYTES + 4 :][:length]
            if len(payload) >= frame.PREFIX.size:
                header_bytes, body_bytes = frame.read_prefix(payload[: frame.PREFIX.size])
                if len(payload) == frame.PREFIX.size + header_bytes + body_bytes:
                    with suppress(OSError):
                        self.behave(self, nonce, payload)
                    nonce, payload = b"", b""


def echo(runtime: FifoRuntime, nonce: bytes, question: bytes) -> None:
    header_bytes, _ = frame.read_prefix(question[: frame.PREFIX.size])
    body = question[frame.PREFIX.size + header_bytes :]
    header = json.dumps(json.loads(question[frame.PREFIX.size :][:header_bytes]) | {"ok": True}).encode()
    runtime.answer(split(nonce, [frame.PREFIX.pack(len(header), len(body)), header, body]))


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[FifoRuntime]:
    made = FifoRuntime(tmp_path)
    yield made
    made.close()


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel(limits=FrameLimits(header_bytes=100_000, body_bytes=100_000_000))
    yield made
    made.close()


def ask(channel: Channel, runtime: FifoRuntime, table: Table = TABLE, timeout: float = 5.0) -> Table:
    return channel.call(runtime.folder, {"op": "predict"}, table, timeout=timeout).table


@pytest.mark.parametrize("rows", [0, 1, 500, 200_000])
def test_any_size(channel: Channel, runtime: FifoRuntime, rows: int) -> None:
    table = Table.of([Column(Field("x", ColumnType.INT64), bytes(rows * 8))])
    for _ in range(2):
        assert ask(channel, runtime, table) == table


def test_threads_do_not_hear_each_others_answers(channel: Channel, runtime: FifoRuntime) -> None:
    def one(number: int) -> list[int]:
        table = Table.of([Column.from_values(Field("x", ColumnType.INT64), [number])])
        return ask(channel, runtime, table).to_values()["x"]

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(one, range(200))) == [[number] for number in range(200)]


def test_stale_answers_are_passed_over(channel: Channel, runtime: FifoRuntime) -> None:
    def behave(runtime: FifoRuntime, nonce: bytes, question: bytes) -> None:
        runtime.answer(split(b"s" * NONCE_BYTES, OK) + split(b"t" * NONCE_BYTES, [OK[0] + bytes(9000)]))
        echo(runtime, nonce, question)

    runtime.behave = behave
    for _ in range(3):
        assert ask(channel, runtime) == TABLE


def test_a_large_question_while_an_answer_that_nobody_took_is_in_the_way(
    channel: Channel, runtime: FifoRuntime
) -> None:
    handle = os.open(runtime.folder / "request", os.O_WRONLY)
    left = Table.of([Column(Field("x", ColumnType.INT64), bytes(100_000))])
    packets = split(b"d" * NONCE_BYTES, [bytes(part) for part in frame.encode({}, left)])
    while packets:
        del packets[: os.write(handle, packets)]
    os.close(handle)
    table = Table.of([Column(Field("x", ColumnType.INT64), b"\x07" * 800_000)])
    assert ask(channel, runtime, table) == table


def test_over_time_and_then_the_next(channel: Channel, runtime: FifoRuntime) -> None:
    def slow(runtime: FifoRuntime, nonce: bytes, question: bytes) -> None:
        time.sleep(0.5)
        echo(runtime, nonce, question)

    runtime.behave = slow
    started = time.monotonic()
    with pytest.raises(PredictionTimeout):
        ask(channel, runtime, timeout=0.2)
    assert 0.2 <= time.monotonic() - started < 0.45
    assert ask(channel, runtime) == TABLE


def test_a_turn_that_does_not_come(channel: Channel, runtime: FifoRuntime) -> None:
    with (runtime.folder / "turn").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with pytest.raises(ModelBusy):
            ask(channel, runtime, timeout=0.2)
    assert ask(channel, runtime) == TABLE


def test_not_ready(channel: Channel, runtime: FifoRuntime) -> None:
    (runtime.folder / "ready").unlink()
    with pytest.raises(ContainerGone, match="not ready") as caught:
        ask(channel, runtime)
    assert not caught.value.sent


def test_gone_and_its_files_left_behind(channel: Channel, runtime: FifoRuntime) -> None:
    runtime.close()
    with pytest.raises(ContainerGone, match="nobody reads") as caught:
        ask(channel, runtime)
    assert not caught.value.sent


@pytest.mark.parametrize("table", [TABLE, Table.of([Column(Field("x", ColumnType.INT64), bytes(8 << 20))])])
def test_it_dies_before_it_answers(channel: Channel, runtime: FifoRuntime, table: Table) -> None:
    def die(runtime: FifoRuntime, nonce: bytes, question: bytes) -> None:
        runtime.answer(split(nonce, [question])[:-PACKET_BYTES][: 3 * PACKET_BYTES])
        runtime._is_over = True
        os.close(runtime._request)
        os.close(runtime._answer)

    runtime.behave = die
    with pytest.raises(ContainerGone) as caught:
        ask(channel, runtime, table)
    assert caught.value.sent
    assert not isinstance(caught.value, BrokenAnswer)


@pytest.mark.parametrize(
    "answer",
    [
        lambda nonce: nonce,
        lambda nonce: split(nonce, [b"\xff" * 100]),
        lambda nonce: split(nonce, [frame.PREFIX.pack(3, 0), b"no!"]),
        lambda nonce: split(nonce, OK),
        lambda nonce: split(nonce, [*OK, b"more"]),
    ],
)
def test_what_is_no_answer_of_the_contract(
    channel: Channel, runtime: FifoRuntime, answer: Callable[[bytes], bytes]
) -> None:
    runtime.behave = lambda runtime, nonce, question: runtime.answer(answer(nonce))
    with pytest.raises(BrokenAnswer) as caught:
        ask(channel, runtime)
    assert caught.value.sent


@pytest.mark.parametrize("name", ["request", "answer", "turn", "ready"])
def test_a_link_is_not_followed(channel: Channel, runtime: FifoRuntime, name: str) -> None:
    real = runtime.folder / name
    real.rename(runtime.folder / "real")
    real.symlink_to(runtime.folder / "real")
    with pytest.raises(ContainerGone) as caught:
        ask(channel, runtime, timeout=1)
    assert not caught.value.sent
    real.unlink()
    (runtime.folder / "real").rename(real)
    assert ask(channel, runtime) == TABLE


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("answer", os.mkdir),
        ("answer", Path.touch),
        ("turn", os.mkdir),
        ("turn", os.mkfifo),
        ("ready", os.mkdir),
        ("ready", os.mkfifo),
    ],
)
def test_other_things_in_their_place_do_not_hold_it_up(
    channel: Channel, runtime: FifoRuntime, name: str, make: Callable[[Path], None]
) -> None:
    (runtime.folder / name).unlink()
    make(runtime.folder / name)
    with pytest.raises(ContainerGone) as caught:
        ask(channel, runtime, timeout=1)
    assert not caught.value.sent


def test_its_run_folder_is_ready_by_a_file_that_is_no_link(runtime: FifoRuntime) -> None:
    folder = RunFolder(runtime.folder)
    assert folder.is_ready
    (runtime.folder / "ready").rename(runtime.folder / "real")
    assert not folder.is_ready
    (runtime.folder / "ready").symlink_to(runtime.folder / "real")
    assert not folder.is_ready


def test_no_handle_is_left_open(channel: Channel, runtime: FifoRuntime) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        ask(channel, runtime)
        (runtime.folder / "ready").unlink()
        with pytest.raises(ContainerGone):
            ask(channel, runtime)
        (runtime.folder / "ready").touch()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
