"""An operator and a real lake: images given up and made again, containers, jobs, a full disk, a lake had back."""

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from builders.docker_images import DockerImages
from registry.db.engine import connect
from registry.db.upkeep import SqlUpkeep
from registry.domain.entities import now
from registry.domain.upkeep import Criteria
from registry.runners.containers import Containers
from registry.runners.desk_client import desk_client
from registry.services.pruning import PruningService
from tests.conftest import remove_lake
from tests.integration.admin import admin, predict, told, twice
from tests.integration.contents import contents
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker
ANSWER = [[3.0], [5.0], [19.0]]
# Nothing can be fetched there, nor asked.
NO_NETWORK = {
    **{"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_INDEX_URL": "http://127.0.0.1:9/simple"},
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str) -> Iterator[Lake]:
    lake = Lake(tmp_path_factory.mktemp("operators"), {"WELES_RUNTIMES": f"python {python_base}"})
    lake.start()
    yield lake
    if lake.process is not None and lake.process.poll() is None:
        lake.stop()
    remove_lake(engine, lake.name)


@pytest.fixture(scope="module")
def models(lake: Lake) -> dict[str, Any]:
    """Two environments that share all but their smallest packages."""
    return {"one": twice(lake, "one", ""), "two": twice(lake, "two", "six==1.16.0\n")}


def images(lake: Lake) -> dict[str, dict[str, Any]]:
    """By the model that needs it."""
    return {each["models"][0]["model"]: each for each in told(lake, "images", "list")["images"]}


def stop_all(lake: Lake) -> None:
    done = admin(lake, "containers", "stop", "--all")
    assert done.returncode == 0, done.stderr


def answered(lake: Lake, name: str, seconds: float = 120) -> tuple[Any, set[str]]:
    """The answer once there is one, and the problems on the way."""
    deadline, problems = time.monotonic() + seconds, set()
    while True:
        response = predict(lake, name)
        if response.status_code == 200:
            return response.json()["data"], problems
        assert response.status_code == 503, response.text
        assert int(response.headers["Retry-After"]) >= 1
        problems.add(response.json()["type"])
        assert time.monotonic() < deadline, response.text
        time.sleep(0.5)


def test_the_interpreters_of_the_settings_are_made_and_said(lake: Lake, python_base: str) -> None:
    # The worker looks after them beside its other work.
    deadline = time.monotonic() + 60
    while f"python {python_base}" not in lake.log:
        assert time.monotonic() < deadline, lake.log
        time.sleep(0.1)
    checks = {each["what"]: each for each in told(lake, "doctor", "--sample", "5")["checks"]}
    assert {checks[each]["verdict"] for each in ("engine", "interpreters", "database", "worker", "home")} == {"ok"}


def test_images_are_listed_with_what_they_hold_and_cost(lake: Lake, models: dict[str, Any]) -> None:
    found = told(lake, "images", "list")
    by_model = images(lake)
    assert by_model.keys() == {"one", "two"}
    for each in by_model.values():
        assert (each["kept"], each["uses"] >= 1, each["build_seconds"] > 0) == ("in use", True, True)
    # numpy is held once, and freed by neither alone.
    assert found["bytes"] < 0.6 * sum(each["bytes"] for each in by_model.values())
    assert sum(each["own_bytes"] for each in by_model.values()) < 0.05 * found["bytes"]
    # What is in use is not pruned, whatever is asked for.
    plan = told(lake, "images", "plan", "--free", "1MB", code=3)
    assert (plan["remove"], plan["reached"]) == ([], False)


def test_containers_are_listed_and_ended(lake: Lake, models: dict[str, Any]) -> None:
    assert predict(lake, "one").json()["data"] == ANSWER
    (found,) = [each for each in told(lake, "containers", "list") if each["model"] == "one/1"]
    assert (found["role"], found["state"]) == ("runtime", "running")
    assert admin(lake, "containers", "stop", "nobody").returncode == 2
    assert admin(lake, "containers", "stop", "one").stdout.split() == [found["name"]]
    assert "one/1" not in {each["model"] for each in told(lake, "containers", "list")}
    # Nobody blames the model: the next question gets a new container.
    assert predict(lake, "one").json()["data"] == ANSWER


def test_jobs_of_all_users_are_listed_and_shown(lake: Lake, models: dict[str, Any]) -> None:
    assert {each["model"] for each in told(lake, "jobs", "list", "--state", "succeeded")} >= {"one", "two"}
    job = models["one"]["accepted"]["job"]
    shown = told(lake, "jobs", "show", job, "--log")
    assert (shown["phase"], any("verify" in line or "build" in line for line in shown["log"])) == ("ready", True)
    assert admin(lake, "jobs", "cancel", job).stdout.split() == [job, "succeeded"]
    assert admin(lake, "jobs", "show", "0" * 32).returncode == 2


def test_what_is_pruned_is_freed_for_real_and_made_again_without_network(
    lake: Lake, models: dict[str, Any], engine: docker.DockerClient
) -> None:
    lake.stop()
    whole, lake.environ = lake.environ, lake.environ | NO_NETWORK
    lake.start()
    plan = told(lake, "images", "plan", "--all")
    assert plan["freed_bytes"] == plan["bytes_before"] == told(lake, "images", "list")["bytes"]
    people = admin(lake, "images", "prune", "--all", "--dry-run").stdout
    assert ("one/1: its next call waits for a build" in people, "would free" in people) == (True, True)
    ids = [each["image_id"] for each in images(lake).values()]
    cached = {each["ID"]: each["Size"] for each in engine.api.df()["BuildCache"]}
    done = told(lake, "images", "prune", "--all")
    assert (len(done["removed"]), done["refused"], done["reached"]) == (2, [], True)
    assert not {each.id for each in engine.images.list()} & {*ids}
    # The build cache has let go of it, too, as far as no other builds of this machine hold it.
    left = {each["ID"] for each in engine.api.df()["BuildCache"]}
    gone = sum(size for each, size in cached.items() if each not in left)
    assert gone >= 0.9 * done["freed_bytes"] or done["freed_bytes"] < plan["freed_bytes"]
    history = told(lake, "images", "history")
    assert {name for each in history for name in each["models"]} == {"one/1", "two/1"}
    answer, problems = answered(lake, "one")
    assert (answer, problems) == (ANSWER, {"/problems/environment-not-ready"})
    assert images(lake).keys() == {"one"}
    lake.stop()
    lake.environ = whole
    lake.start()


def test_pruning_beside_predictions_costs_a_503_at_most(
    lake: Lake, models: dict[str, Any], engine: docker.DockerClient
) -> None:
    for name in models:
        answered(lake, name)
    wrong: list[Any] = []
    answers = dict.fromkeys(models, 0)
    over = threading.Event()

    def ask(name: str) -> None:
        while not over.is_set():
            response = predict(lake, name)
            if response.status_code == 200:
                answers[name] += 1
                if response.json()["data"] != ANSWER:
                    wrong.append(response.json())
            elif response.status_code != 503 or "Retry-After" not in response.headers:
                wrong.append((response.status_code, response.text))
            time.sleep(random.uniform(0.1, 5))

    threads = [threading.Thread(target=ask, args=(name,)) for name in models]
    for each in threads:
        each.start()
    store = connect(lake.settings.database)
    pruning, removed = PruningService(DockerImages(engine, lake.name), SqlUpkeep(store)), 0
    containers = Containers(engine, lake.name, lake.home / "run")
    desk = desk_client(lake.settings, 60)
    deadline = time.monotonic() + 75
    try:
        while removed < 2 and time.monotonic() < deadline:
            # Between the end of a container and the next question there is a moment in which its image may go.
            for each in containers.all():
                if each.version_id is not None and each.folder is not None:
                    desk.end(each.version_id, each.folder)
            removed += len(pruning.prune(pruning.plan(Criteria()), "a test").removed)
    finally:
        store.dispose()
    over.set()
    for each in threads:
        each.join()
    assert wrong == []
    for name in models:
        assert answered(lake, name)[0] == ANSWER
    assert removed >= 2
    assert min(answers.values()) > 0


def test_a_disk_above_its_mark_is_pruned_by_the_worker(lake: Lake, models: dict[str, Any]) -> None:
    for name in models:
        answered(lake, name)
    pinned = images(lake)["two"]["environment"]
    assert admin(lake, "images", "pin", pinned[7:19]).returncode == 0
    lake.stop()
    whole, lake.environ = lake.environ, lake.environ | {"WELES_DISK_HIGH": "2MB", "WELES_DISK_LOW": "1MB"}
    # As if nobody had asked for a year: what was just used is never pruned.
    long_ago = (now().replace(tzinfo=None)).isoformat(" ").replace(str(now().year), str(now().year - 1), 1)
    lake.sql("UPDATE environment_upkeep SET used_at = :at", at=long_ago)
    before = len(told(lake, "images", "history"))
    lake.start()
    deadline = time.monotonic() + 60
    while images(lake).keys() != {"two"}:
        assert time.monotonic() < deadline, lake.log
        time.sleep(1)
    history = told(lake, "images", "history")
    assert len(history) == before + 1
    assert ("above 2MB" in history[0]["reason"], history[0]["models"]) == (True, ["one/1"])
    assert "pruned the image" in lake.log
    assert admin(lake, "images", "unpin", pinned).returncode == 0
    lake.stop()
    lake.environ = whole
    lake.start()


def test_a_lake_is_had_back_in_another_folder_and_answers_the_same(
    lake: Lake, models: dict[str, Any], tmp_path: Path, engine: docker.DockerClient
) -> None:
    """The backup is made while the lake answers; the old lake and its images are gone when the new one starts."""
    assert answered(lake, "one")[0] == ANSWER
    folder = tmp_path / "backup"
    said = told(lake, "backup", str(folder))
    assert (said["missing"], len(said["bases"]), said["packages"] >= 2) == ([], 1, True)
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    began = time.monotonic()
    told(lake, "backup", str(folder))
    print(f"a backup of {size / 1e6:.0f} MB; again in {time.monotonic() - began:.1f} s")
    # In its own home, wherever the first one has its things.
    restored = Lake(tmp_path / "elsewhere", NO_NETWORK, stores={})
    done = admin(restored, "restore", str(folder))
    assert done.returncode == 0, done.stderr
    assert restored.name != lake.name
    stop_all(lake)
    told(lake, "images", "prune", "--all")
    restored.start()
    try:
        # There is no new administrator, and so no new token: the old one is as good as it was.
        assert not (restored.home / "admin-token").exists()
        (restored.home / "admin-token").write_text(lake.token)
        assert answered(restored, "one")[0] == ANSWER
    finally:
        restored.stop()
        remove_lake(engine, restored.name)


def test_what_nothing_needs_is_freed_beside_a_running_lake(lake: Lake, models: dict[str, Any]) -> None:
    there, run, stray = contents(lake.settings), lake.home / "run" / "containers" / ("f" * 32), "sha256:" + "ab" * 32
    needed = there.names()
    there.put(stray, b"x" * 1000, 7200)
    there.begin(b"x" * 1000, 7200)
    run.mkdir()
    os.utime(run, (time.time() - 7200,) * 2)
    would = told(lake, "blobs", "gc", "--dry-run")
    assert (would["contents"], would["bytes"], would["half_written"], would["run_folders"]) == (1, 1000, 1000, 1)
    assert stray in there.names()
    told(lake, "blobs", "gc")
    assert (there.names(), there.begun(), run.exists()) == (needed, [], False)
    assert answered(lake, "one")[0] == ANSWER
