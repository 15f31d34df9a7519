"""How long a build may go on: until its time is up, or until nobody wants it any more."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from builders.errors import Unwanted

LOOK_SECONDS = 1.0
_T = TypeVar("_T")


class Watch:
    """One for all phases of a build: `seconds` are for all of them together.

    `wanted` is asked about once a second, from any thread. `limit` is the number of seconds that is said to people.
    Who is not `patient` does not wait for what is being made for the whole machine.
    """

    def __init__(
        self,
        seconds: float,
        wanted: Callable[[], bool] = lambda: True,
        *,
        limit: float | None = None,
        patient: bool = True,
    ) -> None:
        self.patient = patient
        self.limit = seconds if limit is None else limit
        self._wanted = wanted
        self._began = time.monotonic()
        self._deadline = self._began + seconds

    @property
    def left(self) -> float:
        """Seconds until time is up; 0 when it is."""
        return max(0.0, self._deadline - time.monotonic())

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def within(self, seconds: float) -> "Watch":
        """The same watch for a step that may take no more than `seconds` of what is left."""
        left = self.left
        return self if left <= seconds else Watch(seconds, self._wanted, patient=self.patient)

    def is_over(self) -> bool:
        """Whether time is up, or nobody wants it any more."""
        return self.left == 0.0 or not self._wanted()

    def check(self) -> None:
        """Raises Unwanted when nobody wants it any more."""
        if not self._wanted():
            raise Unwanted

    def through(self, messages: Iterable[_T]) -> Iterator[_T]:
        """What comes, until the watch is over; that is looked at once a second, when something comes."""
        looked = time.monotonic()
        for each in messages:
            yield each
            if (now := time.monotonic()) - looked >= LOOK_SECONDS:
                looked = now
                if self.is_over():
                    return

    @contextmanager
    def beside(self, stop: Callable[[], None]) -> Iterator[threading.Event]:
        """Run a block; once the watch is over, `stop` is called until the block ends. The event says that it was."""
        stopped, ended = threading.Event(), threading.Event()

        def look() -> None:
            while not ended.wait(LOOK_SECONDS if stopped.is_set() else min(LOOK_SECONDS, self.left)):
                if stopped.is_set() or self.is_over():
                    stopped.set()
                    with suppress(Exception):
                        stop()

        looking = threading.Thread(target=look, name="watch", daemon=True)
        looking.start()
        try:
            yield stopped
        finally:
            ended.set()
            looking.join()
