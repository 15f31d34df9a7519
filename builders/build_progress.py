"""What BuildKit tells of a build → log lines and steps (pure). How it is told is its readers' matter."""

import re
from collections.abc import Hashable

_STEP = re.compile(r"\[(?:(?P<stage>[\w.-]+) )?\s*(?P<number>\d+)/(?P<of>\d+)\] (?P<instruction>\w+)")


class BuildProgress:
    """Follows one build. `fraction` of its Dockerfile steps is done (0 to 1); `step` is the last one begun.

    `step_failed`: a step of the Dockerfile has failed, and not the way to what it begins from.
    """

    def __init__(self) -> None:
        self.step = ""
        self.step_failed = False
        self._of: dict[str, int] = {}
        self._done: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._partial: dict[Hashable, bytes] = {}

    @property
    def fraction(self) -> float:
        steps = sum(self._of.values())
        return min(1.0, len(self._done) / steps) if steps else 0.0

    def vertex(self, name: str, *, started: bool, completed: bool, cached: bool, error: str) -> list[str]:
        """New log lines of how a step is now."""
        found = _STEP.match(name)
        if found is not None:
            self._of[found["stage"] or ""] = int(found["of"])
        lines = []
        if (started or cached) and self._is_new(name, "started"):
            self.step = name
            lines.append(name)
        if cached and self._is_new(name, "cached"):
            lines.append("CACHED")
        if completed and found is not None and not error:
            self._done.add(f"{found['stage']} {found['number']}")
        if error and self._is_new(name, "error"):
            self.step_failed = self.step_failed or (found is not None and found["instruction"] != "FROM")
            lines.append(f"ERROR: {error}")
        return lines

    def output(self, vertex: Hashable, data: bytes) -> list[str]:
        """The lines that are whole now of what a step prints."""
        *whole, self._partial[vertex] = (self._partial.get(vertex, b"") + data).split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in whole]

    def _is_new(self, name: str, event: str) -> bool:
        new = (name, event) not in self._seen
        self._seen.add((name, event))
        return new
