"""Progress on standard error: a bar where it is a terminal, a few lines where it is not."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Callable, Protocol, TypeVar

from tqdm import tqdm

__all__ = ["Followed", "Progress", "follow", "progress", "say", "transfer"]

_BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
_SMALL_BYTES = 8_000_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


class Progress(Protocol):
    """Shows how far a job is; use it as a context manager."""

    def update(self, percent: float, phase: str, detail: str) -> None:
        """`percent` of the whole, 0 to 100; `phase` and `detail` say what is being done."""

    def __enter__(self) -> Progress: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Bar:
    def __init__(self, title: str) -> None:
        self._title = title
        self._bar = tqdm(total=100, desc=title, bar_format=_BAR, file=sys.stderr)

    def update(self, percent: float, phase: str, detail: str) -> None:
        self._bar.set_description_str(f"{self._title} {phase}", refresh=False)
        self._bar.set_postfix_str(detail, refresh=False)
        self._bar.n = min(max(percent, 0), 100)
        self._bar.refresh()

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()


class _Lines:
    def __init__(self, title: str) -> None:
        self._title = title
        self._said = ""

    def update(self, percent: float, phase: str, detail: str) -> None:
        if phase != self._said:
            say(f"{self._title}: {phase} ({percent:.0f}%)" + (f": {detail}" if detail else ""))
            self._said = phase

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def progress(title: str) -> Progress:
    """A bar when standard error is a terminal, else a line for each phase."""
    return _Bar(title) if sys.stderr is not None and sys.stderr.isatty() else _Lines(title)


class Followed(Protocol):
    """How far something is that the lake does."""

    @property
    def percent(self) -> float: ...

    @property
    def phase(self) -> str: ...

    @property
    def detail(self) -> str: ...

    @property
    def ended(self) -> bool: ...


_T = TypeVar("_T", bound=Followed)


def follow(look: Callable[[], _T], title: Callable[[_T], str]) -> _T:
    """Show how far it is until it has ended, looking less and less often; what was seen last."""
    pause, now = _FIRST_PAUSE, look()
    with progress(title(now)) as shown:
        while True:
            shown.update(now.percent, now.phase, now.detail)
            if now.ended:
                return now
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            now = look()


def say(line: str) -> None:
    """One line to the user, beside the program's own output."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def transfer(title: str, total: int) -> Iterator[Callable[[int], object] | None]:
    """A bar of bytes for a large body on a terminal: call what it gives with the bytes sent so far; else None."""
    if total < _SMALL_BYTES or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with tqdm(total=total, desc=title, unit="B", unit_scale=True, file=sys.stderr) as bar:

        def sent(so_far: int) -> None:
            bar.update(so_far - bar.n)  # back to 0 when the body is sent again

        yield sent
