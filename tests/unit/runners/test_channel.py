"""The web's side of the contract against runtimes that are gone, slow, broken and hostile."""

import json
import os
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.errors.model import ModelRaised, PredictionTimeout
from registry.domain.schema import ColumnType, Field
from registry.runners.channel import BrokenAnswer, Channel, ContainerGone
from registry.tables import frame
from registry.tables.frame import FrameLimits
from registry.tables.table import Column, Table

TABLE = Table.of([Column.from_values(Field("x", ColumnType.FLOAT64), [1.0, 2.0])])
OK = b"".join(frame.encode({"ok": True}))


def framed(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<IQ", len(text), len(body)) + text + body


class Listener:
    """A runtime made by a test: `behave(stream)` has each connection; `connections` counts them."""

    def __init__(self, folder):
        self.folder = folder
        self.connections = 0
        self.behave = echo
        self._socket = socket.socket(socket.AF_UNIX)
        handle = os.open(folder, os.O_RDONLY)
        self._socket.bind(f"/proc/self/fd/{handle}/socket")
        os.close(handle)
        self._socket.listen()
        self._threads = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                stream, _ = self._socket.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(stream,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, stream):
        with stream, suppress(OSError, EOFError):
            self.behave(stream)

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def exactly(stream, count):
    found = bytearray()
    while len(found) < count:
        part = stream.recv(count - len(found))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def question(stream):
    header_bytes, body_bytes = struct.unpack("<IQ", exactly(stream, 12))
    return exactly(stream, header_bytes), exactly(stream, body_bytes)


def echo(stream):
    while True:
        header, body = question(stream)
        stream.sendall(framed(json.loads(header) | {"ok": True}, body))


def answering(answer):
    def behave(stream):
        question(stream)
        stream.sendall(answer)
        with suppress(EOFError):
            question(stream)

    return behave


@pytest.fixture
def listener(tmp_path):
    made = Listener(tmp_path)
    yield made
    made.close()


@pytest.fixture
def channel():
    with_limits = Channel(limits=FrameLimits(header_bytes=100_000, body_bytes=100_000_000))
    yield with_limits
    with_limits.close()


def ask(channel, listener, table=TABLE, timeout=5.0):
    return channel.call(listener.folder, {"op": "predict"}, table, timeout=timeout)


def test_one_connection_is_kept_and_used_again(channel, listener):
    for _ in range(5):
        assert ask(channel, listener).table == TABLE
    assert listener.connections == 1
    channel.forget(listener.folder)
    ask(channel, listener)
    assert listener.connections == 2


def test_an_answer_without_a_table(channel, listener):
    answer = channel.call(listener.folder, {"op": "hello"}, timeout=5)
    assert answer.header == {"op": "hello", "ok": True}
    assert answer.table.columns == ()


@pytest.mark.parametrize("rows", [0, 1, 3_000_000])
def test_any_size(channel, listener, rows):
    table = Table.of(
        [Column(Field("x", ColumnType.INT64), bytes(rows * 8)), Column(Field("b", ColumnType.BOOL), bytes(rows))]
    )
    assert ask(channel, listener, table).table.nbytes == rows * 9


def test_many_columns_are_more_parts_than_one_call_takes(channel, listener):
    table = Table.of([Column(Field(f"c{number}", ColumnType.INT64), bytes(800)) for number in range(1500)])
    channel = Channel()
    assert ask(channel, listener, table).table.nbytes == 1500 * 800
    channel.close()


def test_threads_do_not_hear_each_others_answers(channel, listener):
    def one(number):
        table = Table.of([Column.from_values(Field("x", ColumnType.INT64), [number])])
        return ask(channel, listener, table).table.to_values()["x"]

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(one, range(500))) == [[number] for number in range(500)]
    assert listener.connections <= 10


def test_a_kept_connection_that_was_closed_is_replaced(channel, listener):
    """The runtime was exchanged for another one in the same folder between two questions."""

    def once(stream):
        question(stream)
        stream.sendall(framed({"ok": True, "table": {"rows": 2, "columns": []}}))

    listener.behave = once
    for expected in (1, 2, 3):
        ask(channel, listener)
        assert listener.connections == expected
        time.sleep(0.05)


def test_nobody_there(channel, tmp_path):
    with pytest.raises(ContainerGone) as caught:
        channel.call(tmp_path, {"op": "ping"}, timeout=5)
    assert (caught.value.folder, caught.value.sent) == (tmp_path, False)


def test_a_socket_that_nobody_listens_on(channel, listener):
    listener.close()
    with pytest.raises(ContainerGone, match="nobody listens") as caught:
        ask(channel, listener)
    assert not caught.value.sent
    listener._socket = socket.socket(socket.AF_UNIX)
    listener._socket.bind(str(listener.folder / "other"))
    listener._socket.listen()


@pytest.mark.parametrize("answer", [b"", OK[:5], OK[:-1]])
def test_closed_in_the_middle_is_not_asked_again(channel, listener, answer):
    def behave(stream):
        question(stream)
        stream.sendall(answer)

    listener.behave = behave
    with pytest.raises(ContainerGone) as caught:
        ask(channel, listener)
    assert caught.value.sent
    assert not isinstance(caught.value, BrokenAnswer)
    assert listener.connections == 1


def test_died_on_a_kept_connection_counts_as_sent(channel, listener):
    asked = threading.Event()

    def first_answers_then_dies(stream):
        question(stream)
        stream.sendall(framed({"ok": True, "table": {"rows": 2, "columns": []}}))
        question(stream)
        asked.set()
        (listener.folder / "socket").unlink()

    listener.behave = first_answers_then_dies
    ask(channel, listener)
    with pytest.raises(ContainerGone) as caught:
        ask(channel, listener)
    assert asked.is_set()
    assert caught.value.sent


def test_closed_in_the_middle_of_the_question(channel, listener):
    listener.behave = lambda stream: exactly(stream, 100)
    big = Table.of([Column(Field("x", ColumnType.INT64), bytes(80_000_000))])
    with pytest.raises(ContainerGone) as caught:
        ask(channel, listener, big)
    assert not caught.value.sent


def test_over_time(channel, listener):
    def slow(stream):
        question(stream)
        time.sleep(1)

    listener.behave = slow
    started = time.monotonic()
    with pytest.raises(PredictionTimeout):
        ask(channel, listener, timeout=0.2)
    assert 0.2 <= time.monotonic() - started < 0.6
    listener.behave = echo
    assert ask(channel, listener).table == TABLE
    assert listener.connections == 2


def test_drop_by_drop_does_not_stretch_the_time(channel, listener):
    def drip(stream):
        question(stream)
        for byte in OK:
            stream.sendall(bytes([byte]))
            time.sleep(0.1)

    listener.behave = drip
    with pytest.raises(PredictionTimeout):
        ask(channel, listener, timeout=0.3)


def test_a_runtime_that_does_not_read(channel, listener):
    listener.behave = lambda stream: time.sleep(1)
    big = Table.of([Column(Field("x", ColumnType.INT64), bytes(80_000_000))])
    with pytest.raises(PredictionTimeout):
        ask(channel, listener, big, timeout=0.3)


ERROR = {"class": "ValueError", "message": "no", "traceback": "Traceback …"}


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("model_raised", ModelRaised),
        ("invalid_input", InvalidInput),
        ("invalid_request", InvalidRequest),
        ("unsupported_mode", InvalidRequest),
    ],
)
def test_errors_of_the_runtime_are_the_domains(channel, listener, kind, raised):
    listener.behave = answering(framed({"ok": False, "error": {"kind": kind, **ERROR}}))
    with pytest.raises(raised, match="no"):
        ask(channel, listener)


def test_the_texts_of_an_error_are_bounded_and_can_be_written(channel, listener):
    error = {"kind": "model_raised", "class": "E\ud800" * 1000, "message": 7, "traceback": "\udfff" * 10_000}
    listener.behave = answering(framed({"ok": False, "error": error}))
    with pytest.raises(ModelRaised) as caught:
        ask(channel, listener)
    json.dumps(caught.value.to_document(), ensure_ascii=False).encode()
    assert len(caught.value.fields["error_class"]) == 200
    assert caught.value.fields["message"] == "7"


@pytest.mark.parametrize(
    "answer",
    [
        struct.pack("<IQ", 2**32 - 1, 0) + b"{",
        struct.pack("<IQ", 2, 2**64 - 1) + b"{}",
        framed(b"no json"),
        framed([]),
        framed({"ok": True}),
        framed({"ok": 1}),
        framed({"ok": False}),
        framed({"ok": False, "error": {"kind": "teapot"}}),
        framed({"ok": True, "table": {"rows": 3, "columns": []}}),
        framed(
            {"ok": True, "table": {"rows": 2, "columns": [{"name": "x", "type": "int64", "buffers": [99]}]}}, bytes(16)
        ),
        framed({"ok": True}) + b"more",
    ],
)
def test_what_is_no_answer_of_the_contract(channel, listener, answer):
    listener.behave = answering(answer)
    with pytest.raises(BrokenAnswer) as caught:
        ask(channel, listener)
    assert caught.value.sent
    listener.behave = echo
    assert ask(channel, listener).table == TABLE
    assert listener.connections == 2


def test_a_run_folder_with_a_path_longer_than_a_socket_address(channel, tmp_path):
    folder = tmp_path / ("long" * 30) / ("name" * 20)
    folder.mkdir(parents=True)
    made = Listener(folder)
    assert ask(channel, made).table == TABLE
    made.close()


def test_a_link_in_the_sockets_place_is_not_followed(channel, listener, tmp_path):
    """A hostile container must not be able to have the web process speak to a socket of its choice."""
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (hostile / "socket").symlink_to(listener.folder / "socket")
    with pytest.raises(ContainerGone, match="not a socket") as caught:
        channel.call(hostile, {"op": "ping"}, timeout=5)
    assert not caught.value.sent
    assert listener.connections == 0


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.write_text("")])
def test_other_things_in_the_sockets_place_do_not_hold_it_up(channel, tmp_path, make):
    make(tmp_path / "socket")
    with pytest.raises(ContainerGone, match="not a socket"):
        channel.call(tmp_path, {"op": "ping"}, timeout=1)


def open_handles():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_handle_is_left_open(channel, listener, tmp_path):
    ask(channel, listener)
    before = open_handles()
    empty = tmp_path / "empty"
    empty.mkdir()
    for _ in range(20):
        with pytest.raises(ContainerGone):
            channel.call(empty, {"op": "ping"}, timeout=1)
        ask(channel, listener)
    assert open_handles() == before
