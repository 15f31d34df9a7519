"""Builds that hang, and builds that nobody wants any more: ended, with nothing half-made left on the engine."""

import dataclasses
import time
from pathlib import Path

import pytest
from images import leftovers

from builders.context import build_context
from builders.errors import BuildFailed, Unwanted
from builders.image_build import build_image
from builders.parse import parse_environment
from builders.site import SiteSettings
from builders.watch import LOOK_SECONDS, Watch
from tests.sleeper import NAME, REQUIREMENT, SAYS, offer

pytestmark = pytest.mark.docker
# The engine's own time to kill and to answer, on a busy machine.
PATIENCE = 15.0


@pytest.fixture
def sleeper(tmp_path):
    """The settings of a site that offers a package whose setup.py waits for ever once it is compiled."""
    host = SiteSettings.from_host()
    return dataclasses.replace(host, find_links=(*host.find_links, str(offer(tmp_path / "links"))))


class Wish:
    """Somebody wants it, until `ends`."""

    def __init__(self):
        self.still = True

    def __call__(self):
        return self.still


def _build(engine, base, lake, watch, on_line=lambda line: None):
    """An image that hangs while it is made."""
    text = f"FROM {base.image}\nUSER 0:0\nRUN echo one\nRUN echo begun {lake} && sleep 100000\n"
    with build_context({"Dockerfile": text.encode()}) as context:
        return build_image(
            engine, context, tag=f"weles-test/{lake}:hangs", labels={"weles": lake}, watch=watch, on_line=on_line
        )


def _asleep(lake):
    """Processes of that build on this machine, where the engine is."""
    return [each for each in _command_lines() if f"begun {lake}" in each]


def _command_lines():
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue


def test_an_image_build_that_hangs_is_ended(engine, base, lake_name):
    began = time.monotonic()
    outcome = _build(engine, base, lake_name, Watch(4))
    assert time.monotonic() - began < 4 + PATIENCE
    assert outcome.image_id is None
    assert outcome.error == "the build took longer than 4 seconds and was ended"
    assert _asleep(lake_name) == []
    assert engine.images.list(filters={"label": f"weles={lake_name}"}) == []


def test_an_image_build_that_nobody_wants_is_ended(engine, base, lake_name):
    wish, told = Wish(), []

    def say(line):
        if line.endswith(f"begun {lake_name}") and not told:
            assert _asleep(lake_name)
            told.append(time.monotonic())
            wish.still = False

    with pytest.raises(Unwanted):
        _build(engine, base, lake_name, Watch(600, wish), say)
    assert time.monotonic() - told[0] < LOOK_SECONDS + PATIENCE
    assert _asleep(lake_name) == []
    assert engine.images.list(filters={"label": f"weles={lake_name}"}) == []


class UntilItHangs(Watch):
    """Time is up as soon as the package waits for its answer, however busy the machine is."""

    hangs = False

    @property
    def left(self):
        return 0.0 if self.hangs else 1000.0


def test_one_limit_is_for_all_phases_and_what_hangs_is_named(
    engine, lake_name, make_builder, base, report, sleeper, tmp_path, monkeypatch
):
    builder = make_builder(store=tmp_path / "packages", site=sleeper)
    spec = parse_environment("python", REQUIREMENT, version="3.11").spec
    watch, log = UntilItHangs(1000), report.log

    def say(line):
        log(line)
        watch.hangs = watch.hangs or SAYS in line

    monkeypatch.setattr(report, "log", say)
    resolution = builder.resolve(spec, base, report, watch)
    with pytest.raises(BuildFailed) as caught:
        builder.fetch(resolution, base, report, watch)
    diagnosis = caught.value.diagnosis
    assert (diagnosis.phase, diagnosis.package, diagnosis.cause) == ("fetch", NAME, "timeout")
    assert "1000 seconds" in diagnosis.summary
    # No time is left for what would come after, nor for another try.
    for step in (
        lambda: builder.fetch(resolution, base, report, watch),
        lambda: builder.resolve(spec, base, report, watch),
    ):
        with pytest.raises(BuildFailed) as caught:
            step()
        assert caught.value.diagnosis.cause == "timeout"
    assert leftovers(engine, lake_name) == []


def test_compiling_what_nobody_wants_is_ended(
    engine, lake_name, make_builder, base, report, sleeper, tmp_path, monkeypatch
):
    wish = Wish()
    builder = make_builder(store=tmp_path / "packages", site=sleeper)
    spec = parse_environment("python", REQUIREMENT, version="3.11").spec
    watch = Watch(600, wish)
    resolution = builder.resolve(spec, base, report, watch)
    log = report.log

    def say(line):
        log(line)
        if SAYS in line:
            assert leftovers(engine, lake_name)
            wish.still = False

    monkeypatch.setattr(report, "log", say)
    with pytest.raises(Unwanted):
        builder.fetch(resolution, base, report, watch)
    assert leftovers(engine, lake_name) == []
    with pytest.raises(Unwanted):
        builder.resolve(spec, base, report, watch)
