"""The lease desk: one container per version, a bound on all, the longest idle one goes first."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from builders.bases import Base
from builders.identity import Recipe
from builders.pins import Pin
from builders.spec import EnvironmentSpec
from registry.domain.entities import State, now
from registry.domain.errors.lake import CapacityExceeded, EnvironmentNotReady, LakeFailed
from registry.domain.errors.model import ModelNotLoadable, ModelNotUsable
from registry.domain.errors.state import Deleted
from registry.domain.ports.runner import Ending, RunnableVersion
from registry.runners.desk import LeaseDesk, module_names
from registry.runners.desk_client import DeskClient
from registry.runners.desk_server import DeskServer
from registry.runners.run_folder import RunFolders
from registry.runners.unix_socket import UnixHttpConnection
from tests.fakes import GONE, FakeRunner

PYTHON = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "1" * 64)
RECIPE = Recipe("python/1", "sha256:" + "0" * 64)


class Doctor:
    """Says back what it was asked."""

    def examine(self, spec: EnvironmentSpec, base: Base) -> dict[str, Any]:
        return {"asked": [*map(str, spec.pins)], "base": base.version}


class Versions:
    """The versions that the desk asks for: of any id, ready unless said otherwise."""

    def __init__(self) -> None:
        self.changes: dict[str, Any] = {}

    def version_by_id(self, version_id: str) -> Any:
        known = {
            "id": version_id,
            "model": "wine",
            "number": 1,
            "owner_id": 1,
            "state": State.READY,
            "deleted_at": None,
            "problem": None,
            "image_id": "sha256:1",
            "environment_id": "sha256:e",
            "flavour": "sklearn",
            "format": "pickle",
            "target": "target",
            "inputs": [],
            "model_blob": "sha256:2",
        }
        return SimpleNamespace(**{**known, **self.changes})


@pytest.fixture
def runner(tmp_path: Path) -> FakeRunner:
    return FakeRunner(tmp_path / "run")


@pytest.fixture
def versions() -> Versions:
    return Versions()


@pytest.fixture
def desk(runner: FakeRunner, versions: Versions) -> LeaseDesk:
    blobs = SimpleNamespace(path=lambda digest: Path("/blobs") / digest)
    r = Base("r", "4.2.2", "weles-base/r:4.2.2", "sha256:" + "2" * 64)
    there = {"sha256:e": "an image"}
    builder = SimpleNamespace(bases=lambda: [PYTHON, r], exists=there.get)
    return LeaseDesk(
        runner=runner,
        models=cast(Any, versions),
        environments=cast(Any, SimpleNamespace(environment=lambda identity: SimpleNamespace(image_reference=None))),
        blobs=cast(Any, blobs),
        builder=cast(Any, builder),
        recipes={"python": RECIPE},
        limit=2,
        answers=lambda folder: (folder / "socket").exists(),
        modules=lambda _: ["numpy", "sklearn.tree", "not a name", 7],
        prewarmed=1,
        rebuild=lambda version: f"job of {version.id}",
    )


def _client(socket: Path) -> DeskClient:
    return DeskClient(partial(UnixHttpConnection, socket), 10, RunFolders(socket.parent))


def _idle(folder: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(folder / "lease", (then, then))


def test_a_version_has_one_container_however_many_ask_at_once(desk: LeaseDesk, runner: FakeRunner) -> None:
    with ThreadPoolExecutor(10) as threads:
        folders = set(threads.map(lambda _: desk.lease("a"), range(10)))
    assert len(folders) == 1
    assert runner.started == ["a"]


def test_the_longest_idle_makes_room(desk: LeaseDesk, runner: FakeRunner) -> None:
    _idle(desk.lease("a"), 30)
    _idle(desk.lease("b"), 60)
    desk.lease("c")
    assert set(runner.running()) == {"a", "c"}


def test_a_busy_container_is_not_taken_away(desk: LeaseDesk, runner: FakeRunner) -> None:
    desk.lease("a")
    desk.lease("b")
    with pytest.raises(CapacityExceeded):
        desk.lease("c")
    assert set(runner.running()) == {"a", "b"}


def test_a_container_without_a_socket_is_replaced(desk: LeaseDesk, runner: FakeRunner) -> None:
    (desk.lease("a") / "socket").unlink()
    desk.lease("a")
    assert runner.started == ["a", "a"]


def test_a_failed_start_leaves_room_for_others(desk: LeaseDesk, runner: FakeRunner) -> None:
    runner.failure = ModelNotLoadable("ImportError", "no module", "Traceback …")
    for version in ("a", "b", "c"):
        with pytest.raises(ModelNotLoadable):
            desk.lease(version)
    runner.failure = None
    desk.lease("d")
    assert set(runner.running()) == {"d"}


def test_ending_what_was_replaced_leaves_the_newer_one(desk: LeaseDesk, runner: FakeRunner) -> None:
    old = desk.lease("a")
    (old / "socket").unlink()
    new = desk.lease("a")
    desk.end("a", old)
    assert runner.running() == {"a": new}
    assert new.exists()
    assert not old.exists()


def test_a_fault_of_the_desk_is_told_as_such(desk: LeaseDesk, runner: FakeRunner, tmp_path: Path) -> None:
    DeskServer(desk, Doctor(), tmp_path / "desk").start()
    runner.failure = ZeroDivisionError("nobody foresaw this")
    with pytest.raises(LakeFailed, match="ZeroDivisionError"):
        _client(tmp_path / "desk").lease("a")


def test_what_cannot_run(desk: LeaseDesk, versions: Versions) -> None:
    versions.changes = {"state": State.FAILED, "problem": {"detail": "it does not build"}}
    with pytest.raises(ModelNotUsable, match="it does not build"):
        desk.lease("a")
    versions.changes = {"deleted_at": now()}
    with pytest.raises(Deleted):
        desk.lease("a")
    versions.changes = {"state": State.PENDING, "image_id": None}
    with pytest.raises(EnvironmentNotReady):
        desk.lease("a")


def test_an_image_that_is_gone_is_made_again(desk: LeaseDesk, versions: Versions, tmp_path: Path) -> None:
    DeskServer(desk, Doctor(), tmp_path / "desk").start()
    client = _client(tmp_path / "desk")
    assert client.rebuild("a") is None
    versions.changes = {"image_id": GONE, "environment_id": "sha256:f"}
    with pytest.raises(EnvironmentNotReady) as caught:
        client.lease("a")
    assert caught.value.fields["job"] == client.rebuild("a") == "job of a"
    versions.changes = {"state": State.PENDING, "environment_id": None}
    assert client.rebuild("a") is None


def test_the_desk_over_its_socket_is_the_same_desk(desk: LeaseDesk, runner: FakeRunner, tmp_path: Path) -> None:
    deep = tmp_path / ("a-long-name-" * 9)
    deep.mkdir()
    DeskServer(desk, Doctor(), deep / "desk").start()
    client = _client(deep / "desk")
    assert client.lease("a") == desk.lease("a")
    assert client.runtimes() == desk.runtimes()
    folder = client.lease("a")
    assert client.ending(folder) == Ending(None, False)
    client.end("a", folder)
    assert client.ending(folder) == Ending(0, False)
    assert runner.running() == {}
    runner.failure = ModelNotLoadable("ImportError", "no module named lightgbm", "Traceback …")
    with pytest.raises(ModelNotLoadable) as caught:
        client.lease("b")
    assert caught.value.fields == runner.failure.fields


def test_nobody_else_may_use_the_socket(desk: LeaseDesk, tmp_path: Path) -> None:
    DeskServer(desk, Doctor(), tmp_path / "desk").start()
    assert (tmp_path / "desk").stat().st_mode & 0o777 == 0o600


def test_starting_different_versions_does_not_wait(desk: LeaseDesk, runner: FakeRunner) -> None:
    runner.gate = threading.Barrier(2, timeout=10)
    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(desk.lease, ("a", "b")))) == 2


def test_runnable_version_tells_the_runtime_what_to_load(desk: LeaseDesk, runner: FakeRunner) -> None:
    desk.lease("a")
    manifest = runner.given["a"].manifest
    assert (manifest["contract"], manifest["flavour"], manifest["file"]) == (1, "sklearn", "model")
    assert isinstance(runner.given["a"], RunnableVersion)


def test_only_languages_with_a_runtime_are_offered(desk: LeaseDesk) -> None:
    assert desk.runtimes().bases == (PYTHON,)
    assert desk.runtimes().recipes == {"python": RECIPE}


def test_the_doctor_answers_on_the_same_socket(desk: LeaseDesk, tmp_path: Path) -> None:
    DeskServer(desk, Doctor(), tmp_path / "desk").start()
    spec = EnvironmentSpec("python", "3.11", (Pin("joblib", "1.4.2"),))
    assert _client(tmp_path / "desk").examine(spec, PYTHON) == {"asked": ["joblib==1.4.2"], "base": "3.11.2"}


def test_a_container_waits_for_the_next_model_of_an_environment(desk: LeaseDesk, runner: FakeRunner) -> None:
    desk.lease("a")
    desk.warm_ahead()
    desk.warm_ahead()
    ((waiting, image),) = runner.waiting().items()
    assert image == "sha256:1"
    assert runner.orders == [{"contract": 1, "imports": ["numpy", "sklearn.tree"]}]
    # At the limit of two: the one that waits becomes the one that is asked for.
    assert desk.lease("b") == waiting
    assert runner.waiting() == {}
    desk.warm_ahead()
    assert runner.waiting() == {}


def test_what_is_kept_is_started_used_and_given_up_last(desk: LeaseDesk, runner: FakeRunner) -> None:
    touched: list[Path] = []
    desk.keep(["a"], touched.append)
    folder = runner.running()["a"]
    desk.keep(["a"], touched.append)
    assert touched == []
    _idle(folder, 200)
    desk.keep(["a"], touched.append)
    assert touched == [folder]
    _idle(desk.lease("b"), 60)
    desk.lease("c")
    assert set(runner.running()) == {"a", "c"}


def test_one_that_cannot_be_kept_does_not_cost_others_theirs(
    desk: LeaseDesk, runner: FakeRunner, versions: Versions
) -> None:
    known = versions.version_by_id
    versions.version_by_id = lambda each: SimpleNamespace(  # type: ignore[method-assign]
        **{**vars(known(each)), "image_id": None if each == "a" else "sha256:1"}
    )
    with pytest.raises(EnvironmentNotReady):
        desk.keep(["a", "b"], lambda _: None)
    assert set(runner.running()) == {"b"}


def test_what_waits_makes_room_first(desk: LeaseDesk, runner: FakeRunner, versions: Versions) -> None:
    _idle(desk.lease("a"), 3600)
    desk.warm_ahead()
    versions.changes = {"image_id": "sha256:another"}
    desk.lease("b")
    assert set(runner.running()) == {"a", "b"}
    assert runner.waiting() == {}


def test_an_image_that_cannot_wait_is_left_alone(desk: LeaseDesk, runner: FakeRunner) -> None:
    desk.lease("a")
    runner.failure = ModelNotLoadable("ContractError", "model.json is not there", "")
    desk.warm_ahead()
    runner.failure = None
    desk.warm_ahead()
    assert runner.waiting() == {}


def test_names_of_modules_are_read_with_suspicion() -> None:
    assert module_names(["os; rm", "a" * 300, "", "_x.y", None, "ünï"]) == ["_x.y"]
    assert module_names({"numpy": 1}) == []
    assert len(module_names(["a"] * 100_000)) == 5000


def test_what_is_made_to_wait_counts_before_it_is_there(desk: LeaseDesk, runner: FakeRunner) -> None:
    """The limit is 2: while a container is made that will wait, there is room for one model, not for two."""
    _idle(desk.lease("a"), 3600)
    warm, seen = runner.warm, []

    def slow(like: RunnableVersion, order: Any) -> Path:
        desk.lease("b")
        seen.append(set(runner.running()))
        return warm(like, order)

    runner.warm = slow  # type: ignore[method-assign]
    desk.warm_ahead()
    assert seen == [{"b"}]
