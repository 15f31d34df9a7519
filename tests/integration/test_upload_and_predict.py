"""The straight line, over plain HTTP: upload, build, verify, predict; and what a second upload costs."""

import io
import json
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
import numpy as np
import pandas as pd
import pytest

from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker


def upload(lake: Lake, name: str, model: Any, data: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    """Upload and wait; the job, with what the upload was answered under `accepted`."""
    response = lake.call("POST", "/models", files=creator.form(model, data, name, **changes))
    assert response.status_code == 202, response.text
    accepted = response.json()
    assert response.headers["Location"] == f"/api/v1/jobs/{accepted['job']}"
    return {**lake.job(accepted["job"]), "accepted": accepted}


def split(rows: pd.DataFrame) -> dict[str, Any]:
    return {"columns": list(rows.columns), "data": json.loads(rows.to_json(orient="values", double_precision=15))}


@pytest.fixture(scope="module")
def wine(lake: Lake) -> dict[str, Any]:
    """A wine forest that is ready."""
    forest, data = creator.wine()
    requirements = creator.freeze() + "weles @ file:///home/ann/weles/clients/python\npip==24.0\n"
    job = upload(lake, "wine", forest, data, requirements=requirements)
    assert job["state"] == "succeeded", job["problem"]
    return {"model": forest, "data": data, "rows": data.drop(columns="target"), "job": job}


@pytest.fixture(scope="module")
def iris(lake: Lake, wine: dict[str, Any]) -> dict[str, Any]:
    """A model that answers with texts, in the environment that `wine` has already."""
    model, data = creator.iris()
    job = upload(lake, "iris", model, data)
    assert job["state"] == "succeeded", job["problem"]
    return {"model": model, "data": data, "rows": data.drop(columns="target"), "job": job}


def test_the_lake_answers_as_the_creators_session(lake: Lake, wine: dict[str, Any]) -> None:
    response = lake.call("POST", "/models/wine/predict", json=split(wine["rows"]))
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["columns"] == [{"name": "prediction", "type": "int64"}]
    assert [row[0] for row in answer["data"]] == wine["model"].predict(wine["rows"]).tolist()


def test_probabilities_are_named_by_class(lake: Lake, iris: dict[str, Any]) -> None:
    answer = lake.call("POST", "/models/iris/predict?mode=prob", json=split(iris["rows"])).json()
    assert [column["name"] for column in answer["columns"]] == list(iris["model"].classes_)
    assert np.allclose(answer["data"], iris["model"].predict_proba(iris["rows"]), rtol=0, atol=1e-12)


def test_records_in_records_out(lake: Lake, iris: dict[str, Any]) -> None:
    records = json.loads(iris["rows"].head(3).to_json(orient="records", double_precision=15))
    shuffled = [dict(reversed(record.items())) for record in records]
    answer = lake.call("POST", "/models/iris/predict", json=shuffled).json()
    assert answer["predictions"] == [{"prediction": "setosa"}] * 3


def test_csv_in_csv_out(lake: Lake, iris: dict[str, Any]) -> None:
    response = lake.call(
        "POST",
        "/models/iris/predict",
        data=iris["rows"].to_csv(index=False),
        headers={"Content-Type": "text/csv", "Accept": "text/csv"},
    )
    assert response.headers["Content-Type"].startswith("text/csv")
    answer = pd.read_csv(io.StringIO(response.text))
    assert answer["prediction"].tolist() == iris["model"].predict(iris["rows"]).tolist()


def test_an_answer_names_what_gave_it(lake: Lake, wine: dict[str, Any], engine: docker.DockerClient) -> None:
    response = lake.call("POST", "/models/wine/predict?version=1", json=split(wine["rows"].head(1)))
    answer = response.json()
    assert (answer["model"], answer["version"]) == ("wine", 1)
    assert answer["environment"] == wine["job"]["environment"]
    image = engine.images.get(answer["image"])
    assert image.labels["weles.environment"] == answer["environment"]
    assert image.labels["weles"] == lake.name
    for member in ("model", "version", "environment", "image"):
        assert response.headers[f"Weles-{member.capitalize()}"] == str(answer[member])


def test_what_was_left_out_of_the_environment_is_said(wine: dict[str, Any]) -> None:
    notes = "\n".join(wine["job"]["accepted"]["notes"])
    assert "weles @ file:///home/ann/weles/clients/python" in notes
    assert "pip==24.0" in notes


def test_the_image_has_what_the_session_had(lake: Lake, wine: dict[str, Any]) -> None:
    environment = lake.call("GET", f"/environments/{wine['job']['environment']}").json()
    frozen = dict(line.split("==") for line in creator.freeze().split())
    assert {name: environment["installed"][name] for name in frozen} == frozen
    assert environment["state"] == "ready"


def test_the_model_is_described(lake: Lake, wine: dict[str, Any]) -> None:
    model = lake.call("GET", "/models/wine").json()
    assert (model["name"], model["owner"], model["version"], model["state"]) == ("wine", "admin", 1, "ready")
    assert [column["name"] for column in model["inputs"]] == list(wine["rows"].columns)
    assert model["job"] == wine["job"]["id"]
    data = lake.call("GET", f"/datasets/{model['dataset']['hash']}", headers={"Accept": "text/csv"})
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(data.text)), wine["data"])


def test_the_build_log_can_be_read_to_its_end(lake: Lake, wine: dict[str, Any]) -> None:
    log = lake.call("GET", f"/jobs/{wine['job']['id']}/log?follow=true").text
    assert "scikit-learn" in log


def test_the_second_model_of_an_environment_needs_no_build(
    lake: Lake, iris: dict[str, Any], wine: dict[str, Any], engine: docker.DockerClient
) -> None:
    assert iris["job"]["environment"] == wine["job"]["environment"]
    labels = [f"weles={lake.name}", f"weles.environment={wine['job']['environment']}"]
    (image,) = engine.images.list(filters={"label": labels})
    second = max(pd.Timestamp(each["job"]["created_at"]) for each in (iris, wine))
    assert pd.Timestamp(image.attrs["Created"]) < second


def test_golden_rows_are_replayed(lake: Lake, wine: dict[str, Any]) -> None:
    rows = wine["rows"].head(4)
    right = [[label] for label in wine["model"].predict(rows).tolist()]
    golden = {
        "rows": split(rows),
        "exact": {"columns": [{"name": "prediction", "type": "int64"}], "data": right},
        "prob": {
            "columns": [{"name": name, "type": "float64"} for name in "012"],
            "data": wine["model"].predict_proba(rows).tolist(),
        },
    }
    job = upload(lake, "golden", wine["model"], wine["data"], golden=json.dumps(golden))
    assert job["state"] == "succeeded", job["problem"]
    assert lake.call("GET", "/models/golden").json()["outputs"] == [{"name": "prediction", "type": "int64"}]

    expected = {"row": 2, "column": "prediction", "expected": "7", "got": str(right[2][0])}
    right[2] = [7]
    # Other data: the same content would be the version that is ready already.
    job = upload(lake, "golden", wine["model"], wine["data"].head(100), golden=json.dumps(golden))
    assert job["state"] == "failed"
    assert job["problem"]["type"] == "/problems/answers-differ"
    assert job["problem"]["differences"] == [expected]
    # The version that was ready goes on answering.
    assert lake.call("GET", "/models/golden").json()["version"] == 1


def test_ten_uploads_at_once_make_one_build(lake: Lake, engine: docker.DockerClient, wine: dict[str, Any]) -> None:
    # An environment that no other test has.
    requirements = creator.freeze() + "toolz==1.0.0\n"
    with ThreadPoolExecutor(10) as threads:
        jobs = list(
            threads.map(
                lambda number: upload(lake, f"ten-{number}", wine["model"], wine["data"], requirements=requirements),
                range(10),
            )
        )
    assert [job["state"] for job in jobs] == ["succeeded"] * 10
    (environment,) = {job["environment"] for job in jobs}
    images = engine.images.list(filters={"label": [f"weles={lake.name}", f"weles.environment={environment}"]})
    assert len(images) == 1
    # All ten share the one log of the one build.
    log = lake.call("GET", f"/jobs/{jobs[0]['id']}/log").text
    assert log.count("exporting to image") == 1


def test_more_models_than_containers(lake: Lake, wine: dict[str, Any], engine: docker.DockerClient) -> None:
    """The ten of the test before are more than the lake's eight containers: each answers all the same."""
    for number in range(10):
        for _ in range(20):
            response = lake.call("POST", f"/models/ten-{number}/predict", json=split(wine["rows"].head(1)))
            if response.status_code != 503:
                break
            assert response.json()["type"] == "/problems/capacity-exceeded"
            assert math.isfinite(float(response.headers["Retry-After"]))
        assert response.status_code in (200, 503), response.text
    running = engine.containers.list(ignore_removed=True, filters={"label": f"weles={lake.name}"})
    assert len(running) <= 8
