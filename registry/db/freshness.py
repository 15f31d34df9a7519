"""Has the database changed since? Asked before what was read earlier is used again.

A stamp is worth only what it equals: while two are equal, no transaction has been committed between them.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import closing

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

Stamp = Callable[[], Hashable]
# A Postgres is a network away: a change that another process made may be seen so much later there.
POSTGRES_SECONDS = 0.1
_COMMITTED = "weles committed"


def stamp_of(engine: Engine) -> Stamp:
    """The stamp of the engine's database, good for all threads of a process."""
    if engine.dialect.name == "sqlite":
        return _SqliteStamp(str(engine.url.database))
    return _PostgresStamp(engine)


class _SqliteStamp:
    """`PRAGMA data_version`: changes whenever another connection has committed. One connection, or it means nothing."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def __call__(self) -> Hashable:
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def __del__(self) -> None:
        if self._connection is not None:
            self._connection.close()


class _PostgresStamp:
    """The server's transactions that are under way and finished; asked for at most every POSTGRES_SECONDS.

    Those of its other databases count too: what is remembered may be forgotten once too often. What this process has
    written itself it sees at once.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._seen: Hashable = None
        self._until = 0.0
        event.listen(engine, "commit", _mark)
        event.listen(engine.pool, "checkin", self._look_again)

    def _look_again(self, _: object, record: ConnectionPoolEntry) -> None:
        # The event of a commit comes before it; the connection comes back after it.
        if record.info.pop(_COMMITTED, False):
            with self._lock:
                self._until = 0.0

    def __call__(self) -> Hashable:
        with self._lock:
            if time.monotonic() >= self._until:
                with closing(self._engine.connect()) as connection:
                    self._seen = connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()
                self._until = time.monotonic() + POSTGRES_SECONDS
            return self._seen


def _mark(connection: Connection) -> None:
    connection.info[_COMMITTED] = True
