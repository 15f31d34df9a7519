"""The log of a job, read as it grows."""

from __future__ import annotations

from weles.connection import Connection, segment
from weles.errors import WelesError

__all__ = ["GrowingLog"]

_POSITION = "Weles-Log-Position"


class GrowingLog:
    """What a job has written down; how far it was read is remembered."""

    def __init__(self, connection: Connection, job: str) -> None:
        self._connection = connection
        self._path = f"/jobs/{segment(job)}/log"
        self._position: str | None = "0"

    def news(self) -> list[str]:
        """The lines since the last call; none when the lake does not give them: the job goes on without."""
        if self._position is None:
            return []
        try:
            answer = self._connection.request("GET", self._path, params={"after": self._position}, accept="text/plain")
        except WelesError:
            return []
        # A lake that does not say how far this was would say all of it again.
        self._position = answer.headers.get(_POSITION)
        return answer.text.splitlines()
