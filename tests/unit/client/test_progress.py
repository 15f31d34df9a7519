import io

import pytest
from weles.progress import progress, transfer


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def at_terminal(monkeypatch):
    """Call it in the test: between setup and test pytest puts its own standard error back."""

    def replace() -> Terminal:
        made = Terminal()
        monkeypatch.setattr("sys.stderr", made)
        return made

    return replace


def test_a_terminal_gets_a_bar(at_terminal):
    terminal = at_terminal()
    with progress("wine version 2") as shown:
        shown.update(40, "build", "numpy")
        shown.update(250, "ready", "")
    text = terminal.getvalue()
    assert " 40%|" in text
    assert "wine version 2 build" in text
    assert "numpy" in text
    assert "100%|" in text
    assert "250%" not in text


def test_elsewhere_there_is_a_line_for_each_phase(capsys):
    with progress("wine version 2") as shown:
        shown.update(10, "build", "numpy")
        shown.update(20, "build", "scipy")
        shown.update(100, "ready", "")
    assert capsys.readouterr().err.splitlines() == [
        "wine version 2: build (10%): numpy",
        "wine version 2: ready (100%)",
    ]


def test_a_large_transfer_is_shown_and_may_begin_again(at_terminal):
    terminal = at_terminal()
    with transfer("wine", 100_000_000) as sent:
        for position in (50_000_000, 10, 100_000_000):
            sent(position)
    assert "100%" in terminal.getvalue()


def test_a_small_transfer_or_no_terminal_shows_nothing(at_terminal, monkeypatch):
    terminal = at_terminal()
    with transfer("wine", 1000) as sent:
        assert sent is None
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with transfer("wine", 100_000_000) as sent:
        assert sent is None
    assert terminal.getvalue() == ""
