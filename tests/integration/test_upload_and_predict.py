"""The straight line, over plain HTTP: upload, build, verify, predict."""

import pandas as pd
import pytest

from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def wine(lake: Lake) -> dict[str, object]:
    """A wine forest that is ready, and what its upload was answered."""
    forest, data = creator.wine()
    response = lake.call("POST", "/models", files=creator.form(forest, data, "wine"))
    assert response.status_code == 202, response.text
    accepted = response.json()
    assert response.headers["Location"] == f"/api/v1/jobs/{accepted['job']}"
    job = lake.job(accepted["job"])
    assert job["state"] == "succeeded", job
    return {"model": forest, "data": data, "accepted": accepted, "job": job}


def test_wine(lake: Lake, wine: dict[str, object]) -> None:
    forest, data = wine["model"], wine["data"]
    rows = data.drop(columns="target")
    r = lake.call("POST", "/models/wine/predict", json={"columns": list(rows.columns), "data": rows.to_numpy().tolist()})
    assert r.status_code == 200, r.text
    print(r.text[:500])
    assert [x[0] for x in r.json()["data"]] == forest.predict(rows).tolist()
