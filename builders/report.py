"""How a build tells what it is doing while it does it."""

from typing import Protocol

from builders.diagnosis import Phase


class BuildReport(Protocol):
    """Receives progress. Methods may be called from several threads; they should return quickly and not raise."""

    def phase(self, name: Phase, fraction: float, detail: str) -> None:
        """`fraction` of the phase is done, from 0 to 1; `detail` is for people, such as `3 of 7 packages, 41 MB`."""

    def log(self, line: str) -> None:
        """One line of the build log, without its newline."""


class SilentReport:
    """For callers who do not want to know."""

    def phase(self, name: Phase, fraction: float, detail: str) -> None:
        """Says nothing."""

    def log(self, line: str) -> None:
        """Says nothing."""
