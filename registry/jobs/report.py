"""What a build says of itself, on its way into the database: often enough to watch, seldom enough not to matter."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from registry.domain.entities import Phase
from registry.domain.ports.jobs import Jobs

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_WRITES = 0.3
# Where in the whole of a preparation each phase begins and ends, in percent.
SPAN = {Phase.RESOLVE: (1, 8), Phase.FETCH: (8, 40), Phase.BUILD: (40, 88), Phase.VERIFY: (88, 100)}


class JobReport:
    """The `BuildReport` of builders: progress goes to every job that waits for it, lines to the log of all of them.

    `scope` is the key of the resolution or the id of the environment that is being worked on.
    """

    def __init__(self, jobs: Jobs, scope: str) -> None:
        self._jobs = jobs
        self._scope = scope
        self._lines: list[str] = []
        self._written = 0.0
        self._progress: tuple[Phase, float, str] | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        # What is said last before a long silence is what people want to see.
        self._writing = threading.Thread(target=self._keep_writing, name="report", daemon=True)

    def __enter__(self) -> Self:
        self._writing.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._writing.join()
        with self._lock:
            self._write()

    def phase(self, name: str, fraction: float, detail: str) -> None:
        begin, end = SPAN[Phase(name)]
        with self._lock:
            self._progress = (Phase(name), round(begin + (end - begin) * min(max(fraction, 0.0), 1.0), 1), detail)
            self._write_if_due()

    def log(self, line: str) -> None:
        with self._lock:
            self._lines.append(line)
            self._write_if_due()

    def _keep_writing(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_WRITES):
            try:
                with self._lock:
                    if self._lines or self._progress is not None:
                        self._write_if_due()
            except Exception:
                # A database that is away for a moment must not end it: the rest is written later.
                _log.exception("the report on %s", self._scope)

    def _write_if_due(self) -> None:
        if time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        lines, self._lines = self._lines, []
        self._jobs.log(self._scope, lines)
        if self._progress is not None:
            self._jobs.progress(self._scope, *self._progress)
            self._progress = None
