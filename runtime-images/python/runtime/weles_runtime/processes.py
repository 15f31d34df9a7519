"""Further processes of the same model, started when questions wait, as far as processors and memory go.

Each is started anew, never forked: libraries that have threads of their own do not survive a fork.
"""

import os
import resource
import socket
import subprocess
import sys
import threading

from weles_runtime.errors import DescribedError
from weles_runtime.frames import PREFIX, decode, encode

_PROGRAM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# So much of the memory may be full if each process grew as large as this one has been.
_FULL = 0.8
_KILLED = 128


class Processes:
    """Starts processes that load the model and hands each to `add` as a `predict(mode, table) -> table`.

    `most` counts this process too; `memory_bytes` is what all may have together.
    """

    def __init__(self, most, memory_bytes, add):
        self._memory_bytes = memory_bytes
        self._add = add
        self._most = most
        self._count = 1
        self._is_starting = False

    def wanted(self):
        """Start one more, unless one is being started or there may be no more. For one thread at a time."""
        if self._is_starting or self._count >= self._most or not self._is_room():
            return
        self._is_starting = True
        threading.Thread(target=self._start, daemon=True).start()

    def _is_room(self):
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return largest * (self._count + 1) <= _FULL * self._memory_bytes

    def _start(self):
        process = None
        try:
            process = _Process()
            process.ask({"op": "ping"}, None)
        except OSError as error:
            # It has been killed while it loaded the model, or there are as many processes as there may be.
            sys.stderr.write("no further process of the model: {}\n".format(error))
            self._most = self._count
            if process is not None:
                process.end()
        else:
            self._count += 1
            self._add(process.predict)
        self._is_starting = False


class _Process:
    """One process, asked by one thread at a time over a socket with frames of the contract."""

    def __init__(self):
        self._stream, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        command = [sys.executable, "-I", _PROGRAM, str(theirs.fileno())]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        except OSError:
            self._stream.close()
            raise
        finally:
            theirs.close()
        self._reader = self._stream.makefile("rb")

    def predict(self, mode, table):
        """As the model itself. When the process dies of the question, so does the runtime, as if it had been its own."""
        try:
            header, answer = self.ask({"op": "predict", "mode": mode}, table)
        except OSError:
            code = self._process.wait()
            os._exit(code if code > 0 else _KILLED - code)
        if header["ok"]:
            return answer
        raise DescribedError(header["error"])

    def ask(self, header, table):
        """(header, table or None) of the answer. Raises OSError when the process has ended."""
        for part in encode(header, table):
            self._stream.sendall(part)
        header_bytes, body_bytes = PREFIX.unpack(self._read(PREFIX.size))
        return decode(self._read(header_bytes), self._read(body_bytes))

    def end(self):
        """Have it ended, and all that belongs to it."""
        self._process.kill()
        self._process.wait()
        self._reader.close()
        self._stream.close()

    def _read(self, count):
        data = self._reader.read(count)
        if len(data) < count:
            raise OSError("it has ended")
        return data
