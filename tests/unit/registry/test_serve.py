"""What `weles-registry serve` does when one of its processes ends."""

import sys
import time
from pathlib import Path

import pytest

from registry import serve

WORDS = "import os, sys, time; open(sys.argv[1], 'a').write('.'); time.sleep({seconds}); os._exit(3)"


def _child(file: Path, seconds: float) -> serve._Child:
    return serve._Child("worker", [sys.executable, "-I", "-c", WORDS.format(seconds=seconds), str(file)], {})


def test_what_dies_again_and_again_is_given_up(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(serve.CannotServe, match=r"as soon as it is started \(exit code 3\)"):
        serve._watch((_child(tmp_path / "starts", 0),), [], said.append)
    assert (tmp_path / "starts").read_text() == "..."
    assert len(said) == 2


def test_who_has_lived_for_a_while_may_die_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An accident soon after a start is none of a series: only those in a row count."""
    monkeypatch.setattr(serve, "_SOON_SECONDS", 0.2)
    stopping: list[int] = []

    def say(_: str) -> None:
        if len((tmp_path / "starts").read_text()) > 3:
            stopping.append(15)

    child = _child(tmp_path / "starts", 0.3)
    deadline = time.monotonic() + 30
    serve._watch((child,), stopping, say)
    assert time.monotonic() < deadline
    child.stop()
