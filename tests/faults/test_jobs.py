"""Jobs of every kind when the worker is killed in the middle: they finish, and what was done is not done again."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from tests.conftest import remove_lake
from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker
ROWS = 120_000


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str) -> Iterator[Lake]:
    """A lake with a model that takes its time, and rows that keep it busy for some seconds."""
    lake = Lake(tmp_path_factory.mktemp("slow"))
    lake.start()
    random = np.random.default_rng(0)
    rows = pd.DataFrame(random.normal(size=(600, 3)), columns=["a", "b", "c"])
    rows["target"] = np.where(rows["a"] + random.normal(size=600) > 0, "yes", "no")
    forest = RandomForestClassifier(n_estimators=150, random_state=0)
    forest.fit(rows.drop(columns="target"), rows["target"])
    response = lake.call("POST", "/models", files=creator.form(forest, rows, "slow"))
    job = lake.job(response.json()["job"])
    assert job["state"] == "succeeded", job
    yield lake
    lake.stop()
    remove_lake(engine, lake.name)


@pytest.fixture(scope="module")
def many(slow: Lake) -> str:
    """The hash of a dataset of many rows, with the truth of none of them in doubt."""
    random = np.random.default_rng(1)
    rows = pd.DataFrame(random.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
    rows["target"] = np.where(rows["a"] > 0, "yes", "no")
    parts = {
        "metadata": ("m.json", '{"name": "many"}', "application/json"),
        "data": ("data.csv", rows.to_csv(index=False), "text/csv"),
    }
    response = slow.call("POST", "/datasets", files=parts)
    assert response.status_code == 201, response.text
    return str(response.json()["hash"])


def _begin(lake: Lake, what: str, document: dict[str, Any], until: float) -> str:
    """Ask, and wait until that much is done; the job."""
    response = lake.call("POST", f"/models/slow/{what}", json=document)
    assert response.status_code == 202, response.text
    job = str(response.json()["job"])
    deadline = time.monotonic() + 120
    while lake.call("GET", f"/jobs/{job}").json()["percent"] < until:
        document = lake.call("GET", f"/jobs/{job}").json()
        assert document["state"] in ("queued", "running"), document
        assert time.monotonic() < deadline, document
        time.sleep(0.02)
    return job


def _kill(lake: Lake) -> None:
    os.kill(lake.worker_pid(), signal.SIGKILL)


def test_a_prediction_goes_on_where_it_was(slow: Lake, many: str) -> None:
    job = _begin(slow, "predictions", {"dataset": many, "mode": "prob"}, until=20)
    spool = slow.home / "spools" / job
    _kill(slow)
    before = {each.name: each.stat().st_mtime_ns for each in spool.iterdir() if each.suffix == ".parquet"}
    assert before
    deadline = time.monotonic() + 60
    while (now := {each.name: each.stat().st_mtime_ns for each in _files(spool)}).keys() == before.keys():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert {name: now[name] for name in before if name in now} == {name: before[name] for name in before if name in now}
    ended = slow.job(job)
    assert (ended["state"], ended["result"]["rows"]) == ("succeeded", ROWS), ended
    assert not spool.exists()
    # The same rows again, undisturbed: the same answers, to the bit.
    again = slow.job(
        slow.call("POST", "/models/slow/predictions", json={"dataset": many, "mode": "prob"}).json()["job"]
    )
    assert again["result"]["dataset"] == ended["result"]["dataset"]


def _files(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.suffix == ".parquet"] if folder.exists() else []


def test_an_audit_is_computed_once_although_its_worker_was_killed(slow: Lake, many: str) -> None:
    job = _begin(slow, "audits", {"dataset": many, "measures": ["accuracy", "auc"]}, until=20)
    _kill(slow)
    ended = slow.job(job)
    assert ended["state"] == "succeeded", ended
    assert 0.5 < ended["result"]["measures"]["accuracy"] < 1
    kept = slow.call("GET", "/audits", params={"dataset": many}).json()["audits"]
    assert [each["measure"] for each in kept] == ["accuracy", "auc"]


def test_an_explanation_is_made_although_its_worker_was_killed(slow: Lake) -> None:
    document = {"kind": "shap", "row_numbers": [0, 1], "background": 600, "repetitions": 25}
    job = _begin(slow, "explanations", document, until=20)
    _kill(slow)
    ended = slow.job(job)
    assert ended["state"] == "succeeded", ended
    data = slow.call("GET", f"/explanations/{job}").json()["data"]
    for row in data["rows"]:
        total = row["intercept"] + sum(each["contribution"] for each in row["contributions"])
        assert total == pytest.approx(row["prediction"], abs=1e-9)


def test_a_job_that_is_cancelled_stops_and_leaves_nothing(slow: Lake, many: str) -> None:
    job = _begin(slow, "predictions", {"dataset": many, "name": "never"}, until=10)
    assert slow.call("DELETE", f"/jobs/{job}").json()["state"] == "cancelled"
    deadline = time.monotonic() + 60
    while (slow.home / "spools" / job).exists():
        assert time.monotonic() < deadline
        time.sleep(0.2)
    ended = slow.call("GET", f"/jobs/{job}").json()
    assert (ended["state"], ended["result"], ended["problem"]["type"]) == ("cancelled", None, "/problems/cancelled")
    # The model is free for others.
    assert slow.call("POST", "/models/slow/predict", json=[{"a": 1, "b": 1, "c": 1}]).status_code == 200


def test_the_same_question_twice_is_one_job(slow: Lake, many: str) -> None:
    document = {"dataset": many, "mode": "exact", "name": "once"}
    first = _begin(slow, "predictions", document, until=1)
    second = slow.call("POST", "/models/slow/predictions", json=document).json()["job"]
    assert first == second
    slow.call("DELETE", f"/jobs/{first}")


def test_a_preparation_can_be_cancelled(slow: Lake) -> None:
    form = creator.form(*creator.iris(), "never", requirements=creator.freeze() + "toolz==0.12.0\n")
    job = str(slow.call("POST", "/models", files=form).json()["job"])
    assert slow.call("DELETE", f"/jobs/{job}").json()["state"] == "cancelled"
    assert slow.call("GET", "/models/never").json()["state"] == "failed"
    response = slow.call("POST", "/models/never/predict", json=[])
    assert (response.status_code, response.json()["problem"]["error"]) == (502, "Cancelled")
    time.sleep(2)
    assert slow.call("GET", f"/jobs/{job}").json()["state"] == "cancelled"
