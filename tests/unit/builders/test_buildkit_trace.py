"""BuildKit's messages → lines and progress."""

import base64

import pytest

from builders.buildkit_trace import BrokenTrace, TraceReader, fields


def varint(value):
    data = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        data.append(low | (0x80 if value else 0))
        if not value:
            return bytes(data)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def vertex(name, *, started=False, completed=False, cached=False, error=b""):
    data = field(1, b"sha256:" + name) + field(3, name)
    data += field(4, 1) if cached else b""
    data += field(5, b"") if started else b""
    data += field(6, b"") if completed else b""
    return field(1, data + (field(7, error) if error else b""))


def log(name, message):
    return field(3, field(1, b"sha256:" + name) + field(2, b"\x08\x01") + field(3, 1) + field(4, message))


def aux(*parts):
    return base64.b64encode(b"".join(parts)).decode()


FIRST, SECOND = b"[stage-1 1/2] FROM base", b"[stage-1 2/2] RUN install"


def test_steps_and_output_become_lines_once():
    reader = TraceReader()
    assert reader.feed(aux(vertex(FIRST))) == []
    assert reader.feed(aux(vertex(FIRST, started=True))) == [FIRST.decode()]
    assert reader.feed(aux(vertex(FIRST, started=True, completed=True, cached=True))) == ["CACHED"]
    assert reader.fraction == 0.5
    assert reader.feed(aux(vertex(SECOND, started=True), log(SECOND, b"one\r\ntw"))) == [SECOND.decode(), "one"]
    assert reader.feed(aux(log(SECOND, b"o\n"))) == ["two"]
    assert reader.step == SECOND.decode()
    reader.feed(aux(vertex(SECOND, completed=True)))
    assert reader.fraction == 1.0


def test_the_steps_of_all_stages_count():
    reader = TraceReader()
    reader.feed(aux(vertex(b"[tools 1/1] FROM tools", completed=True), vertex(b"[stage-1 1/3] FROM base")))
    assert reader.fraction == 0.25


def test_an_error_is_a_line_and_not_progress():
    reader = TraceReader()
    lines = reader.feed(aux(vertex(SECOND, started=True, completed=True, error=b"exit code: 1")))
    assert lines == [SECOND.decode(), "ERROR: exit code: 1"]
    assert reader.fraction == 0.0


@pytest.mark.parametrize("data", [b"\x0a\xff", b"\x0a", b"\xff" * 11, b"\x0b", b"\x09\x01"])
def test_what_is_cut_off_or_no_message_is_noticed(data):
    with pytest.raises(BrokenTrace):
        list(fields(data))
    assert TraceReader().feed(base64.b64encode(data).decode()) == []


def test_what_is_no_base64_gives_nothing():
    assert TraceReader().feed("a") == []
