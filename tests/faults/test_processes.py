"""Processes that die, and lakes side by side: nothing is lost, nothing is left, nobody else is touched."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import pytest
import requests

from tests.conftest import remove_lake
from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker


@pytest.fixture
def lakes(tmp_path: Path, engine: docker.DockerClient, python_base: str) -> Iterator[list[Lake]]:
    """Lakes of the test's own, to be started by it; all are stopped and swept at the end."""
    made = [Lake(tmp_path / f"lake-{number}") for number in range(2)]
    yield made
    for lake in made:
        if lake.process is not None and lake.process.poll() is None:
            lake.stop()
        if (lake.home / "lake-id").exists():
            remove_lake(engine, lake.name)


def _containers(engine: docker.DockerClient, lake: Lake) -> list[Any]:
    return engine.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake.name}"})


def _upload(lake: Lake, name: str, **changes: Any) -> str:
    response = lake.call("POST", "/models", files=creator.form(*creator.iris(), name, **changes))
    assert response.status_code == 202, response.text
    return str(response.json()["job"])


def _phase(lake: Lake, job: str, phase: str) -> None:
    """Wait until the job is in that phase."""
    deadline = time.monotonic() + 120
    while True:
        document = lake.call("GET", f"/jobs/{job}").json()
        if document["phase"] == phase and document["state"] == "running":
            return
        assert document["state"] in ("queued", "running"), document
        assert time.monotonic() < deadline, document
        time.sleep(0.02)


def _row() -> list[dict[str, float]]:
    _, data = creator.iris()
    return [data.drop(columns="target").iloc[0].to_dict()]


@pytest.mark.parametrize("phase", ["fetch", "build", "verify"])
def test_a_worker_killed_in_the_middle_finishes_what_it_began(
    lakes: list[Lake], engine: docker.DockerClient, phase: str
) -> None:
    lake = lakes[0]
    lake.start()
    # The phase takes a while only when it is new to this machine: a label of its own keeps every layer from the cache.
    job = _upload(
        lake,
        "survivor",
        requirements=creator.freeze() + f"toolz==0.{['fetch', 'build', 'verify'].index(phase) + 10}.0\n",
    )
    _phase(lake, job, phase)
    os.kill(lake.worker_pid(), signal.SIGKILL)
    ended = lake.job(job)
    assert ended["state"] == "succeeded", ended
    assert lake.log.count("The worker process ended (exit code -9); starting it again") == 1
    answer = lake.call("POST", "/models/survivor/predict", json=_row())
    assert answer.json()["predictions"] == [{"prediction": "setosa"}]
    environment = ended["environment"]
    images = engine.images.list(filters={"label": [f"weles={lake.name}", f"weles.environment={environment}"]})
    assert len(images) == 1


def test_a_whole_lake_killed_and_started_again(lakes: list[Lake], engine: docker.DockerClient) -> None:
    lake = lakes[0]
    lake.start()
    job = _upload(lake, "model")
    _phase(lake, job, "build")
    assert lake.process is not None
    lake.process.kill()
    lake.process.wait()
    # Its children are told when it dies: nothing is left that nobody could stop.
    deadline = time.monotonic() + 20
    while _children_left(lake):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    lake.start()
    assert lake.job(job)["state"] == "succeeded"
    assert lake.call("POST", "/models/model/predict", json=_row()).status_code == 200


def _children_left(lake: Lake) -> list[int]:
    left = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if f"WELES_HOME={lake.home}\0".encode() in (folder / "environ").read_bytes():
                    left.append(int(folder.name))
            except OSError:
                continue
    return left


def test_stopping_leaves_no_container_and_no_process(lakes: list[Lake], engine: docker.DockerClient) -> None:
    lake = lakes[0]
    lake.start()
    assert lake.job(_upload(lake, "model"))["state"] == "succeeded"
    assert len(lake.answering(engine)) == 1
    assert lake.stop() == 0
    assert _containers(engine, lake) == []
    assert _children_left(lake) == []


def test_stopping_in_the_middle_of_a_build_loses_nothing(lakes: list[Lake], engine: docker.DockerClient) -> None:
    lake = lakes[0]
    lake.start()
    job = _upload(lake, "model")
    _phase(lake, job, "build")
    assert lake.stop() == 0
    assert _containers(engine, lake) == []
    lake.start()
    assert lake.job(job)["state"] == "succeeded"


def test_a_warm_container_outlives_a_worker(lakes: list[Lake], engine: docker.DockerClient) -> None:
    lake = lakes[0]
    lake.start()
    lake.job(_upload(lake, "model"))
    before = lake.answering(engine)
    os.kill(lake.worker_pid(), signal.SIGKILL)
    # The web process needs no worker to ask a container that is there.
    assert lake.call("POST", "/models/model/predict", json=_row()).status_code == 200
    deadline = time.monotonic() + 30
    while lake.call("GET", "/runtimes").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert lake.answering(engine) == before


def test_containers_of_a_worker_that_never_comes_back_end_themselves(
    lakes: list[Lake], engine: docker.DockerClient
) -> None:
    lake = lakes[0]
    lake.environ = {"WELES_LEASE_SECONDS": "6"}
    lake.start()
    lake.job(_upload(lake, "model"))
    assert len(lake.answering(engine)) == 1
    assert lake.process is not None
    # As when the power goes: nobody may notice that another one died.
    everybody = (lake.process.pid, *_children_left(lake))
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in everybody:
            os.kill(pid, number)
    lake.process.wait()
    deadline = time.monotonic() + 30
    while _containers(engine, lake):
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_two_lakes_do_not_touch_each_other(lakes: list[Lake], engine: docker.DockerClient) -> None:
    for lake in lakes:
        lake.start()
        assert lake.job(_upload(lake, "model"))["state"] == "succeeded"
    one, other = lakes
    assert one.name != other.name
    images = {
        lake.name: {each.id for each in engine.images.list(filters={"label": f"weles={lake.name}"})} for lake in lakes
    }
    assert not images[one.name] & images[other.name]
    (kept,) = other.answering(engine)
    one.stop()
    remove_lake(engine, one.name)
    assert other.answering(engine) == [kept]
    assert other.call("POST", "/models/model/predict", json=_row()).status_code == 200
    assert one.token != other.token


def test_an_image_that_was_removed_is_built_again(lakes: list[Lake], engine: docker.DockerClient) -> None:
    lake = lakes[0]
    lake.start()
    first, second = (lake.job(_upload(lake, name)) for name in ("model", "another"))
    assert second["environment"] == first["environment"]
    # What was built once needs no index any more.
    lake.stop()
    lake.environ = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_FIND_LINKS": "", "UV_INDEX": ""}
    lake.start()
    _remove_images(engine, lake)
    with ThreadPoolExecutor(10) as threads:
        answers = [*threads.map(lambda name: _ask(lake, name), ["model", "another"] * 5)]
    assert {(each.status_code, each.json()["type"]) for each in answers} == {(503, "/problems/environment-not-ready")}
    assert all(each.headers["Retry-After"] for each in answers)
    jobs = {each.json()["job"] for each in answers}
    assert len(jobs) == 2, "one of each version"
    assert {each.headers["Link"] for each in answers} == {f'</api/v1/jobs/{job}>; rel="status"' for job in jobs}
    for job in jobs:
        assert lake.job(job)["state"] == "succeeded"
        assert lake.call("GET", f"/jobs/{job}/log").text.count("\nattempt ") == 1, "one build for all of them"
    assert [_ask(lake, name).status_code for name in ("model", "another")] == [200, 200]

    _remove_images(engine, lake)
    again = lake.call("POST", "/models", files=creator.form(*creator.iris(), "model")).json()
    assert (again["version"], again["state"]) == (1, "queued")
    assert "made again" in again["notes"][-1]
    assert lake.job(again["job"])["state"] == "succeeded"
    assert _ask(lake, "model").status_code == 200


def _remove_images(engine: docker.DockerClient, lake: Lake) -> None:
    for container in _containers(engine, lake):
        container.remove(force=True)
    for image in engine.images.list(filters={"label": f"weles={lake.name}"}):
        engine.images.remove(image.id, force=True)


def _ask(lake: Lake, name: str) -> requests.Response:
    return lake.call("POST", f"/models/{name}/predict", json=_row())


def test_followers_of_a_log_who_left_hold_nothing(lakes: list[Lake]) -> None:
    lake = lakes[0]
    lake.start()
    job = _upload(lake, "model")
    worker = lake.worker_pid()
    os.kill(worker, signal.SIGSTOP)  # the job does not end
    try:
        answers = []
        for _ in range(12):
            response = lake.call("GET", f"/jobs/{job}/log?follow=true", stream=True)
            answers.append(response.status_code)
            response.close()
            time.sleep(0.8)
        assert answers == [200] * 12
        open_ones = [lake.call("GET", f"/jobs/{job}/log?follow=true", stream=True) for _ in range(8)]
        assert {response.status_code for response in open_ones} == {200, 503}
        assert lake.call("GET", "/health").status_code == 200
        for response in open_ones:
            response.close()
    finally:
        os.kill(worker, signal.SIGCONT)
    assert lake.job(job)["state"] == "succeeded"


def test_a_home_belongs_to_one_lake_at_a_time(lakes: list[Lake]) -> None:
    lakes[0].start()
    second = Lake(lakes[0].home)
    with pytest.raises(AssertionError, match="A lake is running on"):
        second.start()
    assert lakes[0].call("GET", "/models").status_code == 200
