"""The work that the lake does for a model of R: the same measures and explanations, side by side with Python."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pandas as pd
import pytest
import weles
from sklearn import metrics
from sklearn.tree import DecisionTreeClassifier

from tests.conftest import remove_lake
from tests.integration.creator import form
from tests.integration.lake import Lake
from tests.integration.test_r_upload_and_predict import COLUMNS, Creator, creator, parts

pytestmark = pytest.mark.docker
__all__ = ["creator"]


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
    engine: docker.DockerClient,
    cran: Path,
    creator: Creator,
    python_base: str,
) -> Iterator[Lake]:
    """A lake with a tree from R and one from Python, of the same data."""
    lake = Lake(tmp_path_factory.mktemp("both"), {"WELES_CRAN": str(cran)})
    lake.start()
    frame = _frame(creator)
    model = DecisionTreeClassifier(max_depth=2, random_state=0)
    model.fit(frame[COLUMNS], frame["Species"])
    uploads = [
        lake.call("POST", "/models", files=parts(creator, "r-tree")),
        lake.call("POST", "/models", files=form(model, frame, "python-tree", target="Species")),
    ]
    for response in uploads:
        assert response.status_code == 202, response.text
        job = lake.job(response.json()["job"])
        assert job["state"] == "succeeded", job
    yield lake
    lake.stop()
    remove_lake(engine, lake.name)


def _frame(creator: Creator) -> pd.DataFrame:
    lines = creator.data.decode().splitlines()
    species = [line.split(",")[-1].strip('"') for line in lines[1:]]
    return pd.DataFrame(creator.rows, columns=COLUMNS).assign(Species=species)


def _done(lake: Lake, path: str, document: dict[str, Any]) -> dict[str, Any]:
    response = lake.call("POST", path, json=document)
    assert response.status_code == 202, response.text
    job = lake.job(response.json()["job"])
    assert job["state"] == "succeeded", job
    return job


def test_models_of_two_languages_are_measured_alike(both: Lake, creator: Creator) -> None:
    weles.connect(both.url, both.token)
    frame = _frame(creator)
    # As a categorical with its levels, which is what a factor of R is.
    truth = pd.Categorical(frame["Species"], categories=["setosa", "versicolor", "virginica"])
    stored = weles.dataset.upload(frame.assign(Species=truth), "iris as R has it").hash
    table = weles.model.compare(["r-tree", "python-tree"], stored).set_index("model")
    assert table["language"].to_dict() == {"r-tree": "r", "python-tree": "python"}
    prob = pd.DataFrame(creator.prob, columns=creator.columns)
    exact = prob.idxmax(axis=1)
    expected = {
        "accuracy": metrics.accuracy_score(frame["Species"], exact),
        "f1": metrics.f1_score(frame["Species"], exact, average="macro"),
        "auc": metrics.roc_auc_score(frame["Species"], prob, multi_class="ovr"),
        "log_loss": metrics.log_loss(frame["Species"], prob),
        "brier": metrics.brier_score_loss(frame["Species"], prob),
    }
    assert table.loc["r-tree", [*expected]].to_dict() == pytest.approx(expected, abs=1e-9)
    assert 0.9 < table.loc["python-tree", "accuracy"] < 1
    kept = both.call("GET", "/audits", params={"dataset": stored, "measure": "acc"}).json()["audits"]
    assert [each["model"] for each in kept] == ["python-tree", "r-tree"]


@pytest.mark.parametrize("kind", ["break_down", "shap"])
def test_contributions_add_up_to_the_prediction_of_the_creators_session(
    both: Lake, creator: Creator, kind: str
) -> None:
    document = {"kind": kind, "row_numbers": [0, 60, 140], "class": "virginica", "background": 150, "repetitions": 5}
    job = _done(both, "/models/r-tree/explanations", document)
    explanation = both.call("GET", f"/explanations/{job['result']['explanation']}").json()
    place = creator.columns.index("virginica")
    mean = sum(row[place] for row in creator.prob) / len(creator.prob)
    for number, row in zip((0, 60, 140), explanation["data"]["rows"], strict=True):
        assert row["prediction"] == pytest.approx(creator.prob[number][place], abs=1e-9)
        assert row["intercept"] == pytest.approx(mean, abs=1e-9)
        total = row["intercept"] + sum(each["contribution"] for each in row["contributions"])
        assert total == pytest.approx(row["prediction"], abs=1e-9)
        assert {each["variable"] for each in row["contributions"]} == set(COLUMNS)


def test_what_a_tree_does_not_look_at_does_not_matter(both: Lake) -> None:
    job = _done(both, "/models/r-tree/explanations", {"kind": "permutation_importance", "repetitions": 3})
    data = both.call("GET", f"/explanations/{job['id']}").json()["data"]
    loss = {each["variable"]: each["loss"] for each in data["variables"]}
    # The tree splits by petals alone; see R's own rpart(Species ~ ., iris).
    assert loss["Sepal.Length"] == loss["Sepal.Width"] == data["full_model"]
    assert max(loss["Petal.Length"], loss["Petal.Width"]) > data["full_model"] + 0.01
    job = _done(both, "/models/r-tree/explanations", {"kind": "partial_dependence", "columns": ["Sepal.Width"]})
    (profile,) = both.call("GET", f"/explanations/{job['id']}").json()["data"]["profiles"]
    assert len({round(each, 12) for each in profile["prediction"]}) == 1


def test_a_dataset_is_predicted_by_a_job(both: Lake, creator: Creator) -> None:
    stored = both.call("GET", "/models/r-tree").json()["dataset"]["hash"]
    job = _done(both, "/models/r-tree/predictions", {"dataset": stored, "mode": "prob"})
    answer = both.call("GET", f"/datasets/{job['result']['dataset']}").json()
    assert [column["name"] for column in answer["columns"]] == creator.columns
    for got, expected in zip(answer["data"], creator.prob, strict=True):
        assert got == pytest.approx(expected, abs=1e-9)


def test_a_level_that_the_model_has_not_is_named(both: Lake, creator: Creator) -> None:
    frame = _frame(creator)
    weles.connect(both.url, both.token)
    stored = weles.dataset.upload(frame.assign(Species=["tulip", *frame["Species"][1:]]), "strange").hash
    job = both.job(both.call("POST", "/models/r-tree/audits", json={"dataset": stored}).json()["job"])
    assert job["problem"]["type"] == "/problems/invalid-input"
    assert "tulip" in json.dumps(job["problem"]["problems"])
