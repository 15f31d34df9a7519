"""Frames cut into packets of one pipe page, for transports that clients come and go on.  (pure)

A packet is `nonce: 16 bytes | payload bytes: u32 little-endian | payload`, padded to 4096 bytes; every packet of a
frame but its last is full. Linux pipes take and give whole pages, so whoever dies while writing or reading leaves
whole packets behind, and the next one tells them from its own by the nonce.
"""

import struct
from collections.abc import Sequence

from registry.tables.frame import PREFIX, BadFrame, FrameLimits, read_prefix
from registry.tables.table import Buffer

PACKET_BYTES = 4096
NONCE_BYTES = 16
_LENGTH = struct.Struct("<I")
_HEAD_BYTES = NONCE_BYTES + _LENGTH.size
PAYLOAD_BYTES = PACKET_BYTES - _HEAD_BYTES


def split(nonce: bytes, parts: Sequence[Buffer]) -> bytearray:
    """The packets, one after another, of the frame that these parts make."""
    frame = memoryview(b"".join(parts))
    packets = bytearray(-(-frame.nbytes // PAYLOAD_BYTES) * PACKET_BYTES)
    for number, start in enumerate(range(0, frame.nbytes, PAYLOAD_BYTES)):
        payload = frame[start : start + PAYLOAD_BYTES]
        at = number * PACKET_BYTES
        head = nonce + _LENGTH.pack(payload.nbytes)
        packets[at : at + _HEAD_BYTES + payload.nbytes] = head + payload
    return packets


class Assembly:
    """The frame that arrives in packets of one nonce; those of others are passed over."""

    def __init__(self, nonce: bytes, limits: FrameLimits) -> None:
        self._nonce = nonce
        self._limits = limits
        self._frame = bytearray()
        self._header_bytes = 0
        self._needed: int | None = None
        self._count = 0

    @property
    def has_begun(self) -> bool:
        return self._count > 0

    def add(self, packets: bytes) -> bool:
        """Take packets as they were read; whether the frame is whole now. Raises BadFrame."""
        if len(packets) % PACKET_BYTES:
            raise BadFrame(f"{len(packets)} bytes are no packets")
        for at in range(0, len(packets), PACKET_BYTES):
            if packets.startswith(self._nonce, at):
                self._add_one(memoryview(packets)[at + NONCE_BYTES : at + PACKET_BYTES])
        return self._count == self._needed

    def frame(self) -> tuple[memoryview, memoryview]:
        """(header, body) of the whole frame."""
        body = PREFIX.size + self._header_bytes
        view = memoryview(self._frame)
        return view[PREFIX.size : body], view[body:]

    def take(self) -> bytearray:
        """What has come of the frame since this was last asked; `frame` has nothing any more."""
        taken, self._frame = self._frame, bytearray()
        return taken

    def _add_one(self, packet: memoryview) -> None:
        (length,) = _LENGTH.unpack_from(packet)
        if length > PAYLOAD_BYTES:
            raise BadFrame(f"a packet of {length} bytes")
        self._frame += packet[_LENGTH.size : _LENGTH.size + length]
        self._count += length
        if self._needed is None:
            if self._count < PREFIX.size:
                raise BadFrame("a first packet without a whole prefix")
            self._header_bytes, body_bytes = read_prefix(self._frame[: PREFIX.size], self._limits)
            self._needed = PREFIX.size + self._header_bytes + body_bytes
        if self._count > self._needed or (self._count < self._needed and length < PAYLOAD_BYTES):
            raise BadFrame("packets that are not the frame that they announced")
