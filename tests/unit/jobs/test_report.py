"""What a build says is written down soon, also when it says nothing more."""

import time
from collections.abc import Sequence

from registry.domain.entities import Phase
from registry.jobs.report import JobReport


class Written:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.told: list[tuple[Phase, float, str]] = []

    def log(self, scope: str, lines: Sequence[str]) -> None:
        self.lines += lines

    def progress(self, scope: str, phase: Phase, percent: float, detail: str) -> None:
        self.told.append((phase, percent, detail))


def _soon(written: Written) -> None:
    deadline = time.monotonic() + 10
    while written.lines[-1:] != ["and waits"] or written.told[-1:] != [(Phase.FETCH, 24.0, "compiling x")]:
        assert time.monotonic() < deadline, (written.lines, written.told)
        time.sleep(0.05)


def test_the_last_words_before_a_silence_are_written() -> None:
    written = Written()
    with JobReport(written, "scope") as report:  # type: ignore[arg-type]
        report.log("begins")
        report.phase("fetch", 0.5, "compiling x")
        report.log("and waits")
        _soon(written)
        report.log("goes on")
    assert written.lines == ["begins", "and waits", "goes on"]
