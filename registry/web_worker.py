"""gunicorn's threaded worker, whose threads stay a moment with the connection that they have just answered.

Who asks one question after another is answered by the same thread each time: no poller, no queue and no second thread
between two questions. With more connections than threads, or when none asks at once, it is gunicorn's own way.
"""

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_MOMENT_MS = 5


class LingeringWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A `--worker-class` of gunicorn."""

    def handle(self, conn: Any) -> Any:
        """Answer the connection's questions while they come at once. True: gunicorn is to wait for the next one."""
        while True:
            kept = super().handle(conn)
            if kept is not True or not self.alive or self._is_wanted() or not _asks(conn):
                return kept

    def _is_wanted(self) -> bool:
        """Other connections may need this thread."""
        return bool(self.nr_conns > self.cfg.threads)


def _asks(conn: Any) -> bool:
    """The next question begins within a moment."""
    if conn.parser.unreader.buf.getvalue():
        return True
    poller = select.poll()
    poller.register(conn.sock, select.POLLIN)
    return bool(poller.poll(_MOMENT_MS))
