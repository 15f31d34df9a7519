"""Containers before anybody asks: one waits for the next model of an environment, one is kept for a model."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conftest import remove_lake
from tests.integration import creator
from tests.integration.lake import Lake
from tests.integration.test_upload_and_predict import split, upload

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def idle_lake(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str
) -> Iterator[Lake]:
    """A lake whose containers soon end themselves."""
    lake = Lake(tmp_path_factory.mktemp("pool"), {"WELES_IDLE_SECONDS": "15"})
    lake.start()
    yield lake
    lake.stop()
    remove_lake(engine, lake.name)


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def waiting(lake: Lake) -> list[str]:
    """Names of the run folders of containers that have no model."""
    return [each.parent.name for each in (lake.home / "run" / "containers").glob("*/warm")]


def version_of(lake: Lake, name: str) -> str:
    links = {each.name for each in Path(lake.home / "run" / "versions").iterdir()}
    (found,) = links - set(_seen)
    _seen[found] = name
    return found


_seen: dict[str, str] = {}


def test_the_next_model_of_an_environment_finds_a_container(idle_lake: Lake, engine: docker.DockerClient) -> None:
    model, data = creator.iris()
    row = split(data.drop(columns="target").head(1))
    assert upload(idle_lake, "first", model, data)["state"] == "succeeded"
    version_of(idle_lake, "first")
    (folder,) = until(lambda: waiting(idle_lake))
    assert upload(idle_lake, "second", model.set_params(max_iter=400), data)["state"] == "succeeded"
    second = version_of(idle_lake, "second")
    assert idle_lake.run_folder(second) == folder
    answers = [idle_lake.call("POST", f"/models/{name}/predict", json=row).json() for name in ("first", "second")]
    assert answers[0]["data"] == answers[1]["data"]
    # Bound for ever: whoever comes next gets another one.
    assert until(lambda: waiting(idle_lake)) != [folder]
    (container,) = engine.containers.list(filters={"label": f"weles.folder={folder}"})
    mount = next(each for each in container.attrs["Mounts"] if each["Destination"] == "/weles/model")
    assert mount["RW"] is False


def test_what_is_kept_warm_stays_when_the_rest_goes(idle_lake: Lake) -> None:
    (second,) = (version for version, name in _seen.items() if name == "second")
    (first,) = (version for version, name in _seen.items() if name == "first")
    kept = idle_lake.call("PUT", "/models/second/warm", json={"min_warm": 1})
    assert kept.json() == {"min_warm": 1, "hours": None}
    until(lambda: idle_lake.run_folder(first) is None and not waiting(idle_lake))
    time.sleep(5)
    assert idle_lake.run_folder(second) is not None
    idle_lake.call("PUT", "/models/second/warm", json={"min_warm": 0})
    until(lambda: idle_lake.run_folder(second) is None)
    # And it comes back by itself, though nobody asks for it.
    idle_lake.call("PUT", "/models/second/warm", json={"min_warm": 1})
    until(lambda: idle_lake.run_folder(second) is not None)
