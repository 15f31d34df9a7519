"""What any `Runner` must do: the fake of unit tests, the real one on Docker and the one on a real cluster alike."""

import io
import os
import pickle
import stat
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import docker
import pytest

from builders.docker_builder import DockerBuilder
from builders.identity import environment_id
from builders.packages import PackageStore
from builders.recipes import RUNTIME_IMAGES
from builders.report import SilentReport
from builders.site import SiteSettings
from builders.spec import EnvironmentSpec
from registry.blobs.filesystem import FilesystemBlobs
from registry.domain.errors.model import ModelNotLoadable
from registry.domain.ports.runner import ImageGone, RunnableVersion, Runner
from registry.runners.channel import Channel
from registry.runners.docker import DockerRunner
from registry.runners.kubernetes import KubernetesRunner
from registry.runners.run_folder import RunFolders
from registry.settings import Settings
from tests.conftest import remove_lake
from tests.fakes import GONE, FakeRunner

MODEL = pickle.dumps(SimpleNamespace(predict=len), protocol=4)
MANIFEST = {"contract": 1, "flavour": "python", "format": "pickle", "file": "model", "target": "y", "inputs": []}
MakeVersion = Callable[..., RunnableVersion]
EMULATED = f"sha256:{'1' * 64}"
# Fixtures that give the cluster of a runner.
_PLACES = {"emulator": "emulated_place", "cluster": "place"}


@pytest.fixture(scope="module")
def built(
    engine: docker.DockerClient, python_base: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """(lake, image id) of an environment with nothing but the runtime."""
    lake = uuid.uuid4().hex[:12]
    builder = DockerBuilder(
        engine,
        store=PackageStore(tmp_path_factory.mktemp("store")),
        site=SiteSettings.from_host(os.environ),
        lake=lake,
        runtimes_folder=RUNTIME_IMAGES,
        timeout_seconds=300,
    )
    (base,) = (each for each in builder.bases() if each.version.startswith(f"{python_base}."))
    resolution = builder.resolve(EnvironmentSpec("python", base.version, ()), base, SilentReport())
    identity = environment_id(resolution.lock, base, builder.recipe())
    yield lake, builder.build(identity, resolution.lock, base, SilentReport()).image_id
    remove_lake(engine, lake)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environ({}, home=tmp_path, lease_seconds=30, container_memory=256 << 20)


@pytest.fixture(
    params=[
        "fake",
        "emulator",
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("cluster", marks=[pytest.mark.docker, pytest.mark.cluster]),
    ]
)
def runner(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Runner]:
    settings.run_folder.mkdir()
    if request.param == "fake":
        yield FakeRunner(settings.run_folder)
        return
    lake = uuid.uuid4().hex[:12] if request.param == "emulator" else request.getfixturevalue("built")[0]
    with ExitStack() as opened:
        if request.param == "docker":
            real: DockerRunner | KubernetesRunner = DockerRunner(request.getfixturevalue("engine"), lake, settings)
        else:
            place = request.getfixturevalue(_PLACES[request.param])
            real = opened.enter_context(place.runner(lake, settings))
        real.open()
        yield real
        real.close()


@pytest.fixture
def make_version(request: pytest.FixtureRequest, runner: Runner, settings: Settings) -> MakeVersion:
    """A version of a model file with this content."""
    kind = request.node.callspec.params["runner"]

    def make(content: bytes = MODEL) -> RunnableVersion:
        blobs = FilesystemBlobs(settings.blobs_folder)
        digest, _ = blobs.put(io.BytesIO(content))
        image, reference = "", None
        if kind != "fake":
            image = EMULATED if kind == "emulator" else request.getfixturevalue("built")[1]
        if kind in _PLACES:
            reference = request.getfixturevalue(_PLACES[kind]).image(image)
        return RunnableVersion(
            uuid.uuid4().hex,
            image,
            blobs.path(digest),
            MANIFEST,
            environment_id=f"sha256:{'e' * 64}",
            image_reference=reference,
            model_blob=digest,
        )

    return make


@pytest.fixture
def version(make_version: MakeVersion) -> RunnableVersion:
    return make_version()


def test_a_started_version_answers(runner: Runner, version: RunnableVersion) -> None:
    folder = runner.start(version)
    assert runner.running() == {version.id: folder}
    if isinstance(runner, FakeRunner):
        assert stat.S_ISSOCK((folder / "socket").lstat().st_mode)
        return
    with closing(Channel()) as channel:
        assert channel.call(folder, {"op": "hello"}, timeout=10).header["flavour"] == "python"
        assert runner.idle()[version.id] < 10


def test_what_is_ended_is_gone(runner: Runner, version: RunnableVersion) -> None:
    folder = runner.start(version)
    runner.end(version.id, folder)
    assert runner.running() == {}
    assert not folder.exists()
    assert runner.ending(folder, 5).exit_code == 0
    runner.end(version.id, folder)
    runner.end("never started", folder)


def test_a_version_can_be_started_again(runner: Runner, version: RunnableVersion) -> None:
    first = runner.start(version)
    runner.end(version.id, first)
    second = runner.start(version)
    assert runner.running() == {version.id: second}
    assert first != second
    runner.end(version.id, first)
    assert runner.running() == {version.id: second}


def test_the_run_folders_say_who_answers(runner: Runner, version: RunnableVersion, settings: Settings) -> None:
    folders = RunFolders(settings.run_folder)
    assert folders.current(version.id) is None
    folder = runner.start(version)
    assert folders.current(version.id) == folder
    runner.end(version.id, folder)
    assert folders.current(version.id) is None


def test_a_model_that_cannot_be_loaded_leaves_nothing(runner: Runner, make_version: MakeVersion) -> None:
    with pytest.raises(ModelNotLoadable) as caught:
        runner.start(make_version(b"not a pickle"))
    assert caught.value.fields["error_class"] == "UnpicklingError"
    assert "UnpicklingError" in caught.value.fields["traceback"]
    assert runner.running() == {}


def test_an_image_that_is_gone_is_told_as_such_and_leaves_nothing(runner: Runner, version: RunnableVersion) -> None:
    with pytest.raises(ImageGone):
        runner.start(replace(version, image_id=GONE, image_reference=None))
    assert runner.running() == {}


def test_renewing_keeps_the_lease_young(runner: Runner, version: RunnableVersion) -> None:
    if isinstance(runner, KubernetesRunner):
        pytest.skip("a pod's lease is in the pod: see test_kubernetes_runner")
    lease = runner.start(version) / "lease"
    os.utime(lease, (time.time() - 20,) * 2)
    runner.renew()
    assert time.time() - lease.stat().st_mtime < 10


def test_a_container_that_waits_is_given_a_model_once(runner: Runner, version: RunnableVersion) -> None:
    waiting = runner.warm(version, {"contract": 1, "imports": ["json", "no.such.module"]})
    assert runner.waiting() == {waiting: version.image_id}
    assert runner.running() == {}
    another = replace(version, id=uuid.uuid4().hex)
    assert runner.start(version) == waiting
    assert runner.start(another) != waiting
    assert (runner.waiting(), runner.running()[version.id]) == ({}, waiting)
    runner.end(None, waiting)
    assert waiting.exists()
    runner.end(version.id, waiting)
    assert not waiting.exists()


def test_a_container_that_waits_can_be_ended(runner: Runner, version: RunnableVersion) -> None:
    waiting = runner.warm(version, {"contract": 1, "imports": []})
    runner.end(None, waiting)
    assert runner.waiting() == {}
    assert not waiting.exists()
    assert runner.start(version) != waiting


def test_a_waiting_container_tells_of_a_model_that_cannot_be_loaded(runner: Runner, make_version: MakeVersion) -> None:
    version = make_version(b"not a pickle")
    runner.warm(version, {"contract": 1, "imports": []})
    with pytest.raises(ModelNotLoadable) as caught:
        runner.start(version)
    assert caught.value.fields["error_class"] == "UnpicklingError"
    assert (runner.waiting(), runner.running()) == ({}, {})


def test_closing_ends_everything(runner: Runner, version: RunnableVersion) -> None:
    runner.start(version)
    runner.close()
    deadline = time.monotonic() + 10
    while runner.running():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.docker
def test_how_a_container_ended_is_known(engine: docker.DockerClient, built: tuple[str, str], tmp_path: Path) -> None:
    lake, image = built
    real = DockerRunner(engine, lake, Settings.from_environ({}, home=tmp_path))
    (tmp_path / "run").mkdir()
    real.open()
    (tmp_path / "model").write_bytes(MODEL)
    version = RunnableVersion(uuid.uuid4().hex, image, tmp_path / "model", MANIFEST)
    folder = real.start(version)
    with closing(Channel()) as channel:
        assert channel.call(folder, {"op": "hello"}, timeout=10).header["flavour"] == "python"
    (container,) = engine.containers.list(ignore_removed=True, filters={"label": f"weles.version={version.id}"})
    container.kill()
    ending = real.ending(folder, 10)
    assert (ending.exit_code, ending.out_of_memory) == (137, False)
    assert real.running() == {}
    real.close()


@pytest.mark.docker
def test_what_waited_too_long_is_replaced(engine: docker.DockerClient, built: tuple[str, str], tmp_path: Path) -> None:
    """It ends of itself, unnoticed or noticed, and whoever wants a model gets another container."""
    lake, image = built
    real = DockerRunner(engine, lake, Settings.from_environ({}, home=tmp_path, idle_seconds=2))
    (tmp_path / "run").mkdir()
    real.open()
    (tmp_path / "model").write_bytes(MODEL)
    manifest = {"contract": 1, "flavour": "python", "format": "pickle", "file": "model", "target": "y", "inputs": []}
    version = RunnableVersion(uuid.uuid4().hex, image, tmp_path / "model", manifest)
    waiting = real.warm(version, {"contract": 1, "imports": []})
    assert real.ending(waiting, 10).exit_code == 0
    assert real.start(version) != waiting
    assert real.waiting() == {}
    assert not waiting.exists()
    real.close()
