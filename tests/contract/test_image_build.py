"""What any `ImageBuild` must do: the engine's own, and that of a BuildKit elsewhere."""

import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from builders.buildx import Buildx
from builders.context import build_context
from builders.delivery import Delivery
from builders.errors import BuilderUnavailable, Unwanted
from builders.image_build import EngineBuild
from builders.remote_build import RemoteBuild
from builders.report import SilentReport
from builders.runtimes import install_base
from builders.watch import LOOK_SECONDS, Watch

pytestmark = pytest.mark.docker
# Time to kill and to answer, on a busy machine.
PATIENCE = 15.0


@pytest.fixture(scope="module")
def base(engine):
    return install_base(engine, "python", "3.11", SilentReport()).image


@pytest.fixture(params=["engine", "remote"])
def build(request, engine, lake_name):
    """The adapter, with what most of its calls do not care for."""
    if request.param == "engine":
        adapter = EngineBuild(engine)
    else:
        remote = request.getfixturevalue("remote")
        delivery = Delivery(engine, request.getfixturevalue("registry"), lake_name)
        adapter = RemoteBuild(engine, Buildx(remote.address, remote.certificates), delivery)

    def call(files, *, watch=None, arguments=None, begins_from, on_line=lambda line: None, on_progress=lambda *_: None):
        with build_context(files) as context:
            return adapter(
                context,
                tag=f"weles-test/{lake_name}:made",
                labels={"weles": lake_name, "quoted": 'a "b", c=d'},
                begins_from=begins_from,
                watch=watch or Watch(300),
                arguments=arguments or {},
                on_line=on_line,
                on_progress=on_progress,
            )

    before = _names(engine)
    yield call
    for image in engine.images.list(filters={"label": f"weles={lake_name}"}):
        engine.images.remove(image.id, force=True)
    # Names that were lent to the registry are taken back.
    assert {each for each in _names(engine) - before if "weles-base" in each} == set()


def _names(engine):
    return {tag for image in engine.api.images() for tag in image["RepoTags"] or ()}


def _made(engine, lake):
    return engine.images.list(filters={"label": f"weles={lake}"})


def _dockerfile(base, *lines):
    return {
        "Dockerfile": "\n".join(["ARG OTHER", "FROM ${OTHER} AS other", f"FROM {base}", "USER 0:0", *lines]).encode()
    }


def test_what_is_built_is_on_the_engine_under_its_name(build, engine, base, lake_name):
    said, told = [], []
    files = _dockerfile(
        base,
        "COPY greeting /greeting",
        "RUN --mount=type=bind,from=other,source=/etc,target=/mnt cat /mnt/debian_version /greeting | tee /said",
        "RUN ls /sys/class/net > /network",
    )
    outcome = build(
        {**files, "greeting": f"hello {lake_name}\n".encode()}, arguments={"OTHER": base}, begins_from=(base,),
        on_line=said.append, on_progress=lambda fraction, step: told.append((fraction, step)),
    )  # fmt: skip
    assert outcome.error == ""
    (image,) = _made(engine, lake_name)
    assert image.id == outcome.image_id
    assert image.tags == [f"weles-test/{lake_name}:made"]
    assert image.labels["quoted"] == 'a "b", c=d'
    assert image.attrs["RootFS"]["Layers"][:1] == engine.images.get(base).attrs["RootFS"]["Layers"][:1]
    read = engine.containers.run(image, ["cat", "/said", "/network"], remove=True, network_mode="none")
    assert read.decode().split()[1:] == ["hello", lake_name, "lo"]
    assert f"hello {lake_name}" in said
    assert list(outcome.log) == said
    # Where it begins from what was lent, an older BuildKit counts a step more than it makes.
    assert told[-1][0] >= 0.75
    assert any("RUN ls /sys/class/net" in step for _, step in told)


def test_the_same_again_is_the_same(build, base):
    files = _dockerfile(base, "RUN date +%N > /now")
    first, again = (build(files, arguments={"OTHER": base}, begins_from=(base,)) for _ in range(2))
    assert first.image_id is not None
    assert again.image_id == first.image_id
    assert "CACHED" in again.log


def test_a_step_that_fails_says_why_and_leaves_no_image(build, engine, base, lake_name):
    files = _dockerfile(base, f"RUN echo before {lake_name}", "RUN echo the reason >&2; exit 7")
    outcome = build(files, arguments={"OTHER": base}, begins_from=(base,))
    assert outcome.image_id is None
    assert "7" in outcome.error
    assert "the reason" in outcome.log
    assert _made(engine, lake_name) == []


def test_a_build_that_hangs_is_ended(build, engine, base, lake_name):
    began = time.monotonic()
    files = _dockerfile(base, f"RUN echo begun {lake_name} && sleep 100000")
    outcome = build(files, arguments={"OTHER": base}, begins_from=(base,), watch=Watch(4))
    assert time.monotonic() - began < 4 + PATIENCE
    assert outcome.error == "the build took longer than 4 seconds and was ended"
    assert _at_work(lake_name) == []
    assert _made(engine, lake_name) == []


def test_a_build_that_nobody_wants_is_ended(build, engine, base, lake_name):
    ended = []

    def say(line):
        if line == f"begun {lake_name}":
            assert _processes(lake_name)
            ended.append(time.monotonic())

    files = _dockerfile(base, f"RUN echo begun {lake_name} && sleep 100000")
    watch = Watch(600, lambda: not ended)
    with pytest.raises(Unwanted):
        build(files, arguments={"OTHER": base}, begins_from=(base,), watch=watch, on_line=say)
    assert time.monotonic() - ended[0] < LOOK_SECONDS + PATIENCE
    assert _at_work(lake_name) == []
    assert _made(engine, lake_name) == []


def _at_work(lake):
    """Processes of a build that are there still when its builder has had a moment to kill them."""
    for _ in range(20):
        if not (found := _processes(lake)):
            break
        time.sleep(0.2)
    return found


def _processes(lake):
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [each for each in found if f"begun {lake}" in each]


class TestElsewhere:
    """What only a BuildKit elsewhere can do wrong."""

    @pytest.fixture
    def delivery(self, engine, registry, lake_name):
        return Delivery(engine, registry, lake_name)

    def _call(self, adapter, base, lake, **more):
        given = {"watch": Watch(60), "arguments": {}, "labels": {"weles": lake}, "begins_from": (base,), **more}
        with build_context({"Dockerfile": f"FROM {base}\nRUN true\n".encode()}) as context:
            return adapter(
                context, tag=f"weles-test/{lake}:made", on_line=lambda line: None, on_progress=lambda *_: None, **given
            )

    def test_who_has_no_certificate_is_the_operators_matter(self, engine, remote, delivery, base, lake_name):
        adapter = RemoteBuild(engine, Buildx(remote.address), delivery)
        with pytest.raises(BuilderUnavailable, match=f"the builder {remote.address} did not build: "):
            self._call(adapter, base, lake_name)

    def test_a_builder_that_buildx_does_not_know_is_the_operators_matter(
        self, engine, remote, delivery, base, lake_name
    ):
        adapter = RemoteBuild(engine, Buildx("nobody"), delivery)
        with pytest.raises(BuilderUnavailable, match='no builder "nobody" found'):
            self._call(adapter, base, lake_name)

    def test_a_builder_that_buildx_knows_needs_no_address(
        self, engine, remote, delivery, base, lake_name, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("BUILDX_CONFIG", str(tmp_path))
        command = ["docker-buildx", "create", "--name", "known", "--driver", "remote", remote.socket]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        outcome = self._call(RemoteBuild(engine, Buildx("known"), delivery), base, lake_name)
        assert outcome.image_id is not None
        engine.images.remove(outcome.image_id, force=True)

    def test_nothing_has_a_name_in_the_registry(self, engine, remote, delivery, registry, base, lake_name):
        adapter = RemoteBuild(engine, Buildx(remote.address, remote.certificates), delivery)
        outcome = self._call(adapter, base, lake_name)
        engine.images.remove(outcome.image_id, force=True)
        address = f"http://{registry}/v2/weles-env/{lake_name}/tags/list"
        assert not requests.get(address, timeout=10).json().get("tags")
