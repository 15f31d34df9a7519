"""The runtime's socket, and a thread per connection; from ready to ended."""

import os
import select
import socket
import threading
import time

from weles_runtime.connection import Connection

_LONGEST_ADDRESS = 100
_BACKLOG = 128
_LOOK_SECONDS = 0.2


class Server:
    """Serves `answer(header, table) -> (header, table)` on the run folder's socket until `end` is called."""

    def __init__(self, settings, lifetime, answer):
        self._settings = settings
        self._lifetime = lifetime
        self._answer = answer
        self._path = os.path.join(settings.run_dir, "socket")
        self._serving = {}
        self._wake_reader, self._wake_writer = os.pipe()
        self._listener = None

    def listen(self):
        """Be ready: the socket appears, complete, under its name."""
        beside = ".socket-{}".format(os.getpid())
        folder = os.open(self._settings.run_dir, os.O_RDONLY | os.O_DIRECTORY)
        try:
            address = os.path.join(self._settings.run_dir, beside)
            if len(os.fsencode(address)) > _LONGEST_ADDRESS:
                address = "/proc/self/fd/{}/{}".format(folder, beside)
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(address)
        finally:
            os.close(folder)
        self._listener.listen(_BACKLOG)
        self._listener.setblocking(False)
        os.chmod(os.path.join(self._settings.run_dir, beside), 0o666)
        os.rename(os.path.join(self._settings.run_dir, beside), self._path)

    def serve(self):
        """Accept connections until `end` is called."""
        while True:
            ready, _, _ = select.select([self._listener, self._wake_reader], [], [])
            if self._wake_reader in ready:
                return
            self._accept()

    def end(self):
        """Make `serve` return. May be called from any thread and from a signal's handler."""
        os.write(self._wake_writer, b"!")

    def drain(self, lease_is_lost):
        """No new requests; those that have arrived are answered, without a lease for at most another lease's time."""
        try:
            os.unlink(self._path)
        except OSError:
            pass
        while self._accept():
            pass
        for connection in list(self._serving):
            connection.stop_reading()
        deadline = None
        for thread in list(self._serving.values()):
            while thread.is_alive() and (deadline is None or time.monotonic() < deadline):
                thread.join(_LOOK_SECONDS)
                if deadline is None and lease_is_lost():
                    deadline = time.monotonic() + self._settings.lease_seconds

    def _accept(self):
        """One connection more, if one waits; whether one did."""
        try:
            stream, _ = self._listener.accept()
        except OSError:
            return False
        stream.setblocking(True)
        connection = Connection(stream, self._answer, self._lifetime, self._settings.max_frame_bytes)
        thread = threading.Thread(target=self._serve_connection, args=(connection,), daemon=True)
        self._serving[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # The container has as many threads as it may have: this client must come again.
            del self._serving[connection]
            stream.close()
        return True

    def _serve_connection(self, connection):
        try:
            connection.serve()
        finally:
            self._serving.pop(connection, None)
