import io
import json

import pytest
import weles
from weles import cli, work
from weles.progress import choose, progress, transfer

from tests.unit.client.fake_lake import Answer, problem


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


def test_what_is_shown_is_chosen(at_terminal, monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert choose(None, {}) == "phases"
    assert choose(None, {"WELES_PROGRESS": "log"}) == "log"
    assert choose("none", {"WELES_PROGRESS": "log"}) == "none"
    with pytest.raises(weles.InvalidRequest, match="loud"):
        choose("loud", {})
    at_terminal()
    assert choose(None, {}) == "log"


JOB = {"id": "j", "kind": "predict", "model": "wine", "version": 2, "state": "running", "phase": "predict"}


def _grows(lake, *parts):
    """A job that writes these lines between one look and the next; the first look is that of `work.get`."""
    lake.on("GET", "/jobs/j", *[JOB] * len(parts), {**JOB, "state": "succeeded", "percent": 100})
    written = [
        Answer(body=text.encode(), headers={"Content-Type": "text/plain", "Weles-Log-Position": str(number)})
        for number, text in enumerate(parts, 7)
    ]
    lake.on("GET", "/jobs/j/log", *written)


def test_the_log_is_followed_as_it_grows(lake, pauses, capsys):
    weles.connect(lake.url, progress="log")
    _grows(lake, "Collecting numpy\n", "", "\x1b[31mBuilding\x1b[0m\x07 it\ndone\n")
    work.get("j").wait()
    assert capsys.readouterr().err.splitlines() == [
        "Collecting numpy", "predict wine version 2: predict (0%)", "Building it", "done",
    ]  # fmt: skip
    assert [each.query["after"] for each in lake.requests("GET", "/jobs/j/log")] == ["0", "7", "8"]


def test_on_a_terminal_the_log_goes_by_above_the_bar(lake, pauses, at_terminal):
    terminal = at_terminal()
    weles.connect(lake.url)
    _grows(lake, "Collecting numpy\n", "done\n")
    work.get("j").wait()
    text = terminal.getvalue()
    assert text.index("Collecting numpy\n") < text.index("done\n") < text.rindex("100%|")


@pytest.mark.parametrize(("shown", "said"), [("phases", ["predict wine version 2: predict (0%)"]), ("none", [])])
def test_who_wants_less_gets_less(lake, pauses, capsys, shown, said):
    weles.connect(lake.url, progress=shown)
    _grows(lake, "Collecting numpy\n", "done\n")
    work.get("j").wait()
    assert capsys.readouterr().err.splitlines() == said
    assert lake.requests("GET", "/jobs/j/log") == []


def test_a_log_that_cannot_be_read_stops_nothing(lake, pauses, capsys):
    weles.connect(lake.url, progress="log")
    lake.on("GET", "/jobs/j", *[JOB] * 3, {**JOB, "state": "succeeded"})
    # A lake of before this says all of it, and not how far that was; the next answer is none.
    lake.on("GET", "/jobs/j/log", problem("lake-failed", 500, "no"), Answer(body=b"all\n"), Answer(body=b"all\n"))
    assert work.get("j").wait().state == "succeeded"
    assert capsys.readouterr().err.splitlines().count("all") == 1


def test_commands_take_it_as_an_option(lake, pauses, capsys, monkeypatch):
    monkeypatch.setenv("WELES_URL", lake.url)
    for option, said in ((["-q"], 0), (["--progress", "phases"], 1), (["--progress", "log"], 2)):
        _grows(lake, "", "done\n")
        assert cli.main(["job", "j", "--wait", *option]) == 0
        assert len(capsys.readouterr().err.splitlines()) == said
    assert cli.main(["job", "j", "--retry"]) == 1
    lake.on("POST", "/jobs/j/retry", Answer({"job": "again", "kind": "predict", "state": "queued"}, 202))
    lake.on("GET", "/jobs/again", {**JOB, "id": "again"})
    assert cli.main(["job", "j", "--retry"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "again"
