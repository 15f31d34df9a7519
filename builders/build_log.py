"""What one build says while it is made, and how it ended: the same whoever makes it."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from builders.build_progress import BuildProgress

_LINES_KEPT = 400


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """`image_id` is `sha256:…`, or None when the build failed; `error` is then the builder's message."""

    image_id: str | None
    error: str
    log: tuple[str, ...]


class BuildLog:
    """Hands on what a reader finds: lines, and progress when it has changed."""

    def __init__(
        self,
        progress: BuildProgress,
        on_line: Callable[[str], None] = lambda line: None,
        on_progress: Callable[[float, str], None] = lambda fraction, step: None,
    ) -> None:
        self._progress = progress
        self._on_line = on_line
        self._on_progress = on_progress
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._told = (0.0, "")

    def take(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._lines.append(line)
            self._on_line(line)
        if (now := (self._progress.fraction, self._progress.step)) != self._told:
            self._told = now
            self._on_progress(*now)

    def outcome(self, image_id: str | None, error: str) -> BuildOutcome:
        """How it ended; there is no image where there is an error."""
        return BuildOutcome(None if error else image_id, error, tuple(self._lines))


def time_is_up(seconds: float) -> str:
    """The error of a build that was ended; its diagnosis knows it."""
    return f"the build took longer than {seconds:.0f} seconds and was ended"
