"""One client's connection: read a frame, answer it, again, until the client leaves or the runtime ends."""

import socket

from weles_runtime.frames import PREFIX, FrameError, decode, encode

_SMALL = 64 << 10
_NOT_USE = ("ping", "modules")


class Connection:
    """A connected stream socket, served by one thread."""

    def __init__(self, stream, answer, lifetime, max_frame_bytes):
        self._stream = stream
        self._answer = answer
        self._lifetime = lifetime
        self._max_frame_bytes = max_frame_bytes

    def serve(self):
        """Answer requests until there are no more; then close."""
        try:
            while self._serve_one():
                pass
        except OSError:
            pass
        finally:
            self._stream.close()

    def stop_reading(self):
        """Requests that have arrived are still answered; then `serve` returns."""
        try:
            self._stream.shutdown(socket.SHUT_RD)
        except OSError:
            pass

    def _serve_one(self):
        prefix = bytearray(PREFIX.size)
        if not self._fill(memoryview(prefix)):
            return False
        self._lifetime.begin()
        is_use = False
        try:
            header_bytes, body_bytes = PREFIX.unpack(prefix)
            if header_bytes + body_bytes > self._max_frame_bytes:
                self._skip(header_bytes + body_bytes)
                self._send(*_refusal("a frame of more than {} bytes".format(self._max_frame_bytes)))
                return True
            frame = memoryview(bytearray(header_bytes + body_bytes))
            if not self._fill(frame):
                return False
            try:
                header, table = decode(frame[:header_bytes], frame[header_bytes:])
            except FrameError as error:
                self._send(*_refusal(str(error)))
                return True
            is_use = header.get("op") not in _NOT_USE
            self._send(*self._answer(header, table))
            return True
        finally:
            self._lifetime.finish(is_use)

    def _send(self, header, table):
        parts = encode(header, table)
        if sum(len(part) for part in parts) <= _SMALL:
            self._stream.sendall(b"".join(parts))
            return
        for part in parts:
            self._stream.sendall(part)

    def _fill(self, view):
        """Read until the view is full; False when the client left before."""
        while len(view):
            count = self._stream.recv_into(view)
            if not count:
                return False
            view = view[count:]
        return True

    def _skip(self, count):
        """Read and forget, so that the next frame begins where it should."""
        scratch = memoryview(bytearray(_SMALL))
        while count:
            got = self._stream.recv_into(scratch[: min(count, _SMALL)])
            if not got:
                raise OSError("closed")
            count -= got


def _refusal(message):
    return {"ok": False, "error": {"kind": "invalid_request", "class": "", "message": message, "traceback": ""}}, None
