"""What has compilers is made once for all who ask; who cannot wait is told how far it is."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from builders import dev_bases
from builders.bases import Base
from builders.errors import BaseInTheMaking, BuilderUnavailable, Unwanted
from builders.report import SilentReport
from builders.watch import Watch

SECONDS = 30.0


class Machine:
    """Where a sister is made when the test says so."""

    def __init__(self) -> None:
        self.made: list[Base] = []
        self.begun = 0
        self.failure: BuilderUnavailable | None = None
        self.go = threading.Event()

    def dev_base(self, client: object, base: Base) -> Base | None:
        return self.made[0] if self.made else None

    def make(self, client: object, base: Base, report: SilentReport) -> Base:
        self.begun += 1
        report.phase("fetch", 0.2, "from Debian")
        assert self.go.wait(SECONDS)
        if self.failure is not None:
            raise self.failure
        self.made.append(Base(base.language, base.version, f"{base.image}-dev", "sha256:dev"))
        return self.made[0]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(dev_bases, "dev_base", machine.dev_base)
    monkeypatch.setattr(dev_bases, "make_dev_base", machine.make)
    monkeypatch.setattr(dev_bases, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(dev_bases, "_makings", {})
    return machine


def _ask(watch: Watch) -> Base:
    base = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:base")
    return dev_bases.with_compilers(None, base, SilentReport(), watch)  # type: ignore[arg-type]


def test_who_cannot_wait_is_told_at_once_and_it_is_made_meanwhile(machine: Machine) -> None:
    for _ in range(3):
        with pytest.raises(BaseInTheMaking, match=r"python 3\.11\.2 with compilers is being made"):
            _ask(Watch(SECONDS, patient=False))
    machine.go.set()
    assert _ask(Watch(SECONDS)).image == "weles-base/python:3.11.2-dev"
    assert _ask(Watch(SECONDS, patient=False)).image == "weles-base/python:3.11.2-dev"
    assert machine.begun == 1


def test_those_who_wait_get_the_one_that_is_made(machine: Machine) -> None:
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(_ask, Watch(SECONDS)) for _ in range(4)]
        machine.go.set()
        assert len({each.result() for each in waiting}) == 1
    assert machine.begun == 1


def test_who_is_not_wanted_any_more_or_has_no_time_left_waits_no_longer(machine: Machine) -> None:
    with pytest.raises(Unwanted):
        _ask(Watch(SECONDS, lambda: False))
    with pytest.raises(BaseInTheMaking, match="from Debian"):
        _ask(Watch(0.2))
    machine.go.set()
    assert _ask(Watch(SECONDS)) == machine.made[0]
    assert machine.begun == 1


def test_why_it_could_not_be_made_is_told_to_all_who_ask_soon_and_later_it_is_tried_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.failure = BuilderUnavailable("no mirror")
    machine.go.set()
    with pytest.raises(BuilderUnavailable, match="no mirror"):
        _ask(Watch(SECONDS))
    with pytest.raises(BuilderUnavailable, match="no mirror"):
        _ask(Watch(SECONDS, patient=False))
    assert machine.begun == 1
    monkeypatch.setattr(dev_bases, "_FAILED_SECONDS", 0.0)
    machine.failure = None
    assert _ask(Watch(SECONDS)) == machine.made[0]
    assert machine.begun == 2
