"""Progress on standard error, as loud as is wanted: nothing, the phases of a job, or its log as it grows, too.

On a terminal there is a bar below the log; elsewhere a line for each phase, and the log only when it is asked for.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Callable, Protocol, TypeVar

from tqdm import tqdm

from weles.errors import InvalidRequest

__all__ = ["SHOWN", "Followed", "Progress", "choose", "follow", "progress", "say", "transfer"]

SHOWN = ("log", "phases", "none")

_BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
_SMALL_BYTES = 8_000_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
# What others wrote must not move this terminal's cursor, nor rename its window.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def choose(given: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """What to show: `given`, else WELES_PROGRESS, else the log on a terminal and the phases elsewhere.

    Raises InvalidRequest for another word than those of SHOWN.
    """
    chosen = given or environ.get("WELES_PROGRESS") or ("log" if _at_terminal() else "phases")
    if chosen not in SHOWN:
        raise InvalidRequest(f"Progress cannot be {chosen!r}.", next=f"Choose one of {', '.join(SHOWN)}.")
    return chosen


class Progress(Protocol):
    """Shows how far a job is; use it as a context manager."""

    def update(self, percent: float, phase: str, detail: str) -> None:
        """`percent` of the whole, 0 to 100; `phase` and `detail` say what is being done."""

    def line(self, text: str) -> None:
        """A line of the log."""

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

    def line(self, text: str) -> None:
        self._bar.write(_plain(text), file=sys.stderr)

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

    def line(self, text: str) -> None:
        say(_plain(text))

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _Nothing:
    def update(self, percent: float, phase: str, detail: str) -> None:
        return None

    def line(self, text: str) -> None:
        return None

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def progress(title: str, shown: str = "phases") -> Progress:
    """A bar when standard error is a terminal, else a line for each phase; nothing when `shown` is "none"."""
    if shown == "none":
        return _Nothing()
    return _Bar(title) if _at_terminal() else _Lines(title)


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


def follow(
    look: Callable[[], _T], title: Callable[[_T], str], news: Callable[[], list[str]], shown: str = "phases"
) -> _T:
    """Show how far it is until it has ended, looking less and less often; what was seen last.

    `shown`: one of SHOWN; `news`: the lines of its log since it was last called.
    """
    pause, now = _FIRST_PAUSE, look()
    with progress(title(now), shown) as there:
        while True:
            # After the look: of what has ended all lines are there.
            for line in news() if shown == "log" else ():
                there.line(line)
            there.update(now.percent, now.phase, now.detail)
            if now.ended:
                return now
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            now = look()


def say(line: str) -> None:
    """One line to the user, beside the program's own output."""
    print(line, file=sys.stderr, flush=True)


def _at_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _plain(line: str) -> str:
    return _ESCAPES.sub("", line)


@contextmanager
def transfer(title: str, total: int, shown: str = "phases") -> Iterator[Callable[[int], object] | None]:
    """A bar of bytes for a large body on a terminal: call what it gives with the bytes sent so far; else None."""
    if total < _SMALL_BYTES or shown == "none" or not _at_terminal():
        yield None
        return
    with tqdm(total=total, desc=title, unit="B", unit_scale=True, file=sys.stderr) as bar:

        def sent(so_far: int) -> None:
            bar.update(so_far - bar.n)  # back to 0 when the body is sent again

        yield sent
