"""Builds that end before they are done: nobody wants them any more, they hang, or the lake has no packages."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest

from tests import sleeper
from tests.conftest import remove_lake
from tests.environments.failing.__main__ import bridge_of
from tests.integration import creator
from tests.integration.builders import private_index
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker
REQUIREMENTS = "joblib==1.4.2\n" + sleeper.REQUIREMENT
# For the engine, on a busy machine; a build that goes on would go on for ever.
PATIENCE = 120.0


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str) -> Iterator[Lake]:
    """A lake that finds a package which can never be compiled."""
    links = sleeper.offer(tmp_path_factory.mktemp("site") / "links")
    lake = Lake(tmp_path_factory.mktemp("sleepy"), sleeper.find_links(links))
    lake.start()
    yield lake
    lake.stop()
    remove_lake(engine, lake.name)


def _upload(lake: Lake, name: str) -> str:
    response = lake.call("POST", "/models", files=creator.form(*creator.iris(), name, requirements=REQUIREMENTS))
    assert response.status_code == 202, response.text
    return str(response.json()["job"])


def _job(lake: Lake, job: str) -> dict[str, Any]:
    return dict(lake.call("GET", f"/jobs/{job}").json())


def _containers(engine: docker.DockerClient, lake: Lake) -> list[str]:
    """Those in which something of the lake is being made."""
    found = engine.api.containers(all=True, filters={"label": f"weles={lake.name}"})
    return [each["Labels"]["weles.role"] for each in found]


def _until(seen: Callable[[], Any], told: Callable[[], Any] = lambda: None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < deadline, told()
        time.sleep(0.2)


def _hangs(lake: Lake, job: str) -> None:
    """Wait until it is being compiled: from there it gets no further."""
    _until(
        lambda: sleeper.SAYS in lake.call("GET", f"/jobs/{job}/log").text,
        lambda: (_job(lake, job), lake.call("GET", f"/jobs/{job}/log").text),
    )
    assert _job(lake, job)["detail"] == f"compiling {sleeper.NAME} 1.0, 1 of 1"


def test_a_build_stops_with_the_last_who_wants_it(lake: Lake, engine: docker.DockerClient) -> None:
    one, two = _upload(lake, "one"), _upload(lake, "two")
    _hangs(lake, two)
    assert lake.call("DELETE", f"/jobs/{one}").json()["state"] == "cancelled"
    time.sleep(3)
    assert _containers(engine, lake) == ["compile"]
    assert _job(lake, two)["state"] == "running"

    assert lake.call("DELETE", "/models/two").status_code == 200
    _until(lambda: _containers(engine, lake) == [])
    assert _job(lake, one)["detail"] == "cancelled"
    assert engine.images.list(filters={"label": f"weles={lake.name}"}) == []

    # Whoever wants it after all begins the next attempt, in the same log.
    assert lake.call("POST", "/models/two/restore").status_code in (200, 204)
    restored = lake.call("GET", "/models/two").json()
    assert (restored["state"], restored["problem"]["type"]) == ("failed", "/problems/cancelled")
    again = str(lake.call("POST", f"/jobs/{two}/retry").json()["job"])
    _until(lambda: lake.call("GET", f"/jobs/{again}/log").text.count(sleeper.SAYS) == 2)
    log = lake.call("GET", f"/jobs/{again}/log").text
    assert log.index("stopped: nobody wants it any more") < log.index("attempt 2")
    assert _job(lake, two)["detail"] == "cancelled: the model was deleted"
    assert lake.call("DELETE", f"/jobs/{again}").json()["state"] == "cancelled"
    _until(lambda: _containers(engine, lake) == [])


def test_a_build_that_hangs_is_ended_and_the_job_says_by_what(lake: Lake, engine: docker.DockerClient) -> None:
    lake.stop()
    lake.environ["WELES_BUILD_SECONDS"] = "30"
    lake.start()
    began = time.monotonic()
    job = lake.job(_upload(lake, "three"))
    assert time.monotonic() - began < 30 + PATIENCE
    assert job["state"] == "failed"
    problem = job["problem"]
    assert (problem["type"], problem["family"], problem["status"]) == ("/problems/environment-failed", "caller", 422)
    diagnosis = problem["diagnosis"]
    assert diagnosis["cause"] == "timeout"
    # On a machine that is very busy it does not get as far as to hang.
    if diagnosis["phase"] == "fetch":
        assert diagnosis["package"] == sleeper.NAME
    assert "30 seconds" in diagnosis["summary"]
    assert diagnosis["suggestion"] == problem["next"]
    assert _containers(engine, lake) == []


def test_an_index_that_refuses_the_lake_is_the_lakes_problem_for_all_who_ask(
    lake: Lake, engine: docker.DockerClient
) -> None:
    lake.stop()
    bridge = bridge_of(engine)
    with private_index.serve(bridge, "reader:secret") as server:
        index = f"http://{bridge}:{server.server_port}/simple"
        lake.environ |= {"UV_DEFAULT_INDEX": index, "UV_INDEX": "", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
        lake.start()
        question = {"requirements": REQUIREMENTS, "language_version": "3.11"}
        answer = lake.call("POST", "/environments/resolve", json=question)
        job = lake.job(_upload(lake, "four"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    for problem in (answer.json(), job["problem"]):
        assert (problem["type"], problem["family"]) == ("/problems/builder-unavailable", "lake")
        assert (problem["diagnosis"]["phase"], problem["diagnosis"]["cause"]) == ("resolve", "unauthorised")
        assert "401" in problem["diagnosis"]["line"]
        assert problem["next"] == problem["diagnosis"]["suggestion"]
        assert "operator" in problem["next"]
    assert "secret" not in answer.text
