"""Which models' names match a regular expression, in time that is bounded: RE2, over names kept in memory."""

import threading
import time

import pyarrow as pa
import pyarrow.compute as pc
import re2
from sqlalchemy import Connection, func, select

from registry.db.tables import search_models
from registry.domain.errors.invalid import InvalidRequest

# RE2 needs time in proportion to the text times the size of its program: both are bounded, and the sum of it, too.
_LARGEST_PROGRAM = 1000
_CHUNK = 256
_NO_IDS, _NO_NAMES = pa.array([], pa.int64()), pa.array([], pa.string())
_MOST_SECONDS = 0.25


class Names:
    """The names of all models in the index, read again when a model has come or gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: tuple[int, int] = (0, 0)
        self._ids, self._names = _NO_IDS, _NO_NAMES

    def matching(self, connection: Connection, regex: str) -> tuple[list[int], bool]:
        """(ids, whether they are of the names that match; else of those that do not): whichever are fewer.

        Raises InvalidRequest for what is no regular expression, or one that takes too long on these names.
        """
        _check(regex)
        ids, names = self._current(connection)
        begun, found = time.thread_time(), []
        for start in range(0, len(names), _CHUNK):
            found.append(pc.match_substring_regex(names.slice(start, _CHUNK), regex))
            if time.thread_time() - begun > _MOST_SECONDS:
                raise InvalidRequest(
                    "The regular expression takes too long on the names of this lake.",
                    next="Begin it with ^, or use fewer repetitions.",
                )
        matches = pa.chunked_array(found, pa.bool_())
        wanted = pc.sum(matches).as_py() or 0
        positive = wanted * 2 <= len(names)
        chosen = matches if positive else pc.invert(matches)
        return ids.filter(chosen.combine_chunks()).to_pylist(), positive

    def read(self, connection: Connection) -> None:
        """Read the names, so that the first question need not wait for them."""
        self._current(connection)

    def _current(self, connection: Connection) -> tuple[pa.Array, pa.Array]:
        """The names as they are now; only what has come since is read, unless something has gone."""
        # Ids are never given twice: their number and sum change with every model that comes or goes.
        counted = select(func.count(), func.coalesce(func.sum(search_models.c.id), 0))
        number, total = connection.execute(counted).one()
        with self._lock:
            if (number, int(total)) != self._state:
                self._append(connection)
            if (number, int(total)) != self._state:
                self._ids, self._names, self._state = _NO_IDS, _NO_NAMES, (0, 0)
                self._append(connection)
            return self._ids, self._names

    def _append(self, connection: Connection) -> None:
        """Read the models that have come since the last one that is known."""
        last = self._ids[-1].as_py() if len(self._ids) else 0
        query = select(search_models.c.id, search_models.c.model).where(search_models.c.id > last)
        rows = connection.execute(query.order_by(search_models.c.id)).all()
        ids = [row[0] for row in rows]
        self._ids = pa.concat_arrays([self._ids, pa.array(ids, pa.int64())])
        self._names = pa.concat_arrays([self._names, pa.array([row[1] for row in rows], pa.string())])
        self._state = (self._state[0] + len(ids), self._state[1] + sum(ids))


def _check(regex: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        size = re2.compile(regex, options).programsize
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        shown = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidRequest(
            f"The regular expression cannot be read: {shown}.",
            next="Use RE2's syntax, which has no look-around and no back references.",
        ) from None
    if size > _LARGEST_PROGRAM:
        raise InvalidRequest("The regular expression is too large.", next="Use fewer and shorter repetitions.")
