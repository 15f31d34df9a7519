"""Frames in packets: there and back, beside what others left, and from a hostile runtime."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.runners.packets import PACKET_BYTES, Assembly, split
from registry.tables.frame import BadFrame, FrameLimits

OURS, OTHERS = b"o" * 16, b"x" * 16
LIMITS = FrameLimits(header_bytes=1000, body_bytes=1 << 20)


def framed(header: bytes, body: bytes) -> bytes:
    return struct.pack("<IQ", len(header), len(body)) + header + body


def packet(payload: bytes, length: int | None = None, nonce: bytes = OURS) -> bytes:
    said = len(payload) if length is None else length
    return (nonce + struct.pack("<I", said) + payload).ljust(PACKET_BYTES, b"\0")


@given(st.binary(min_size=1, max_size=500), st.integers(0, 100_000), st.integers(1, 12), st.data())
def test_there_and_back_in_any_pieces(header: bytes, size: int, at_once: int, data: st.DataObject) -> None:
    body = bytes(number % 251 for number in range(size))
    packets = split(OURS, [framed(header, b"")[:12][:4] + struct.pack("<Q", size), header, body])
    assert len(packets) % PACKET_BYTES == 0
    assembly = Assembly(OURS, LIMITS)
    step = at_once * PACKET_BYTES
    for at in range(0, len(packets), step):
        stale = data.draw(st.integers(0, 2)) * packet(b"left behind", nonce=OTHERS)
        is_last = at + step >= len(packets)
        assert assembly.add(stale + bytes(packets[at : at + step])) is is_last
    assert [bytes(each) for each in assembly.frame()] == [header, body]


def test_packets_of_others_are_not_a_beginning() -> None:
    assembly = Assembly(OURS, LIMITS)
    assert not assembly.add(packet(b"\xff" * 4076, nonce=OTHERS))
    assert not assembly.has_begun


@pytest.mark.parametrize(
    ("packets", "says"),
    [
        (packet(b"")[:-1], "no packets"),
        (packet(framed(b"{}", b""), length=4077), "a packet of 4077 bytes"),
        (packet(b"short"), "whole prefix"),
        (packet(framed(b"{}", b"") + b"more"), "not the frame"),
        (packet(framed(b"{}", bytes(5000))[:100]), "not the frame"),
        (packet(framed(b"{}", bytes(4062))) + packet(b"more"), "not the frame"),
        (packet(struct.pack("<IQ", 2, 1 << 30)), "over the limit"),
        (packet(struct.pack("<IQ", 2000, 0)), "over the limit"),
    ],
)
def test_what_is_no_frame(packets: bytes, says: str) -> None:
    with pytest.raises(BadFrame, match=says):
        Assembly(OURS, LIMITS).add(packets)
