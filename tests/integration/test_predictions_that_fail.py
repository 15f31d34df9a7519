"""Models that hang, eat memory or crash: the caller learns why, and the next question is answered."""

import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
import pandas as pd
import pytest

from tests.conftest import remove_lake
from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker

SOURCE = textwrap.dedent(
    """
    import ctypes, sys, time
    class Model:
        def predict(self, rows):
            what = [row for row in (rows.to_numpy().tolist() if hasattr(rows, "to_numpy") else rows)][0][0]
            if what == 1: time.sleep(600)
            if what == 2:
                kept = []
                while True: kept.append(bytearray(1 << 24))
            if what == 3: ctypes.string_at(0)
            if what == 4: raise KeyError("four")
            return [float(what)] * len(rows)
    sys.modules["builtins"].made = Model()
    """
)


class Troublemaker:
    """A pickle that defines its own class where it is loaded: no package of the image is needed."""

    def __reduce__(self) -> Any:
        return eval, (f"(exec({SOURCE!r}, {{}}), __import__('builtins').made)[1]",)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str) -> Iterator[Lake]:
    environ = {"WELES_PREDICTION_SECONDS": "4", "WELES_QUEUE_SECONDS": "2", "WELES_CONTAINER_MEMORY": str(256 << 20)}
    lake = Lake(tmp_path_factory.mktemp("lake"), environ)
    lake.start()
    data = pd.DataFrame({"what": [0.0, 1.0], "target": [0.0, 1.0]})
    parts = creator.form(Troublemaker(), data, "trouble", flavour="python", requirements="")
    job = lake.job(lake.call("POST", "/models", files=parts).json()["job"])
    assert job["state"] == "succeeded", job["problem"]
    yield lake
    lake.stop()
    remove_lake(engine, lake.name)


def _predict(lake: Lake, what: float) -> Any:
    return lake.call("POST", "/models/trouble/predict", json=[{"what": what}])


@pytest.mark.parametrize(
    ("what", "status", "slug"),
    [
        (1, 504, "prediction-timeout"),
        (2, 502, "model-out-of-memory"),
        (3, 502, "model-died"),
        (4, 502, "model-raised"),
    ],
)
def test_why_a_prediction_failed_is_told_and_the_next_one_works(
    lake: Lake, what: float, status: int, slug: str
) -> None:
    response = _predict(lake, what)
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{slug}"), response.text
    if slug == "model-died":
        assert response.json()["exit_code"] in (-11, 139)
    answer = _predict(lake, 5)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == [{"prediction": 5.0}]


def test_a_container_that_is_taken_away_is_replaced(lake: Lake, engine: docker.DockerClient) -> None:
    assert _predict(lake, 5).status_code == 200
    for container in engine.containers.list(ignore_removed=True, filters={"label": f"weles={lake.name}"}):
        container.stop(timeout=10)
    assert _predict(lake, 6).json()["predictions"] == [{"prediction": 6.0}]


def test_a_slow_question_does_not_cost_others_their_answers(lake: Lake) -> None:
    assert _predict(lake, 5).status_code == 200
    with ThreadPoolExecutor(9) as threads:
        slow = threads.submit(_predict, lake, 1)
        time.sleep(0.5)
        answers = list(threads.map(lambda _: _patient(lake, 6), range(8)))
        assert slow.result().status_code == 504
    assert [answer.status_code for answer in answers] == [200] * 8


def _patient(lake: Lake, what: float) -> Any:
    """As any client does that is told to ask again."""
    for _ in range(30):
        answer = _predict(lake, what)
        if answer.status_code != 503:
            break
        assert answer.json()["type"] == "/problems/model-busy"
        time.sleep(0.5)
    return answer
