"""Work that the lake does for a model of Python: predictions by a job, audits, comparisons, explanations."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import weles
from sklearn import metrics
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker
ANALYSIS_PYTHON = Path(sys.prefix) / "analysis" / "bin" / "python"


class Ready:
    """A model of the lake, with what its creator has."""

    def __init__(self, lake: Lake, name: str, model: Any, data: pd.DataFrame) -> None:
        self.lake, self.name, self.model, self.data = lake, name, model, data
        response = lake.call("POST", "/models", files=creator.form(model, data, name))
        assert response.status_code == 202, response.text
        job = lake.job(response.json()["job"])
        assert job["state"] == "succeeded", job
        self.hash = str(lake.call("GET", f"/models/{name}").json()["dataset"]["hash"])
        self.rows, self.truth = data.drop(columns="target"), data["target"]

    def ask(self, what: str, document: dict[str, Any]) -> dict[str, Any]:
        """The job, once it is over."""
        response = self.lake.call("POST", f"/models/{self.name}/{what}", json=document)
        assert response.status_code == 202, response.text
        assert response.headers["Location"] == f"/api/v1/jobs/{response.json()['job']}"
        return self.lake.job(response.json()["job"])

    def refused(self, what: str, document: dict[str, Any]) -> dict[str, Any]:
        response = self.lake.call("POST", f"/models/{self.name}/{what}", json=document)
        assert response.status_code >= 400, response.text
        return dict(response.json())

    def explanation(self, kind: str, **document: Any) -> dict[str, Any]:
        job = self.ask("explanations", {"kind": kind, **document})
        assert job["state"] == "succeeded", job
        return dict(self.lake.call("GET", f"/explanations/{job['result']['explanation']}").json())


@pytest.fixture(scope="module")
def iris(lake: Lake) -> Ready:
    return Ready(lake, "work-iris", *creator.iris())


@pytest.fixture(scope="module")
def forest(lake: Lake) -> Ready:
    """Another model of the same data, to be compared; it is not right about every row."""
    _, data = creator.iris()
    model = RandomForestClassifier(n_estimators=20, max_depth=2, random_state=0)
    return Ready(lake, "work-forest", model.fit(data.drop(columns="target"), data["target"]), data)


@pytest.fixture(scope="module")
def cancer(lake: Lake) -> Ready:
    """Two classes, 0 and 1."""
    data = load_breast_cancer(as_frame=True).frame.iloc[:, [0, 1, 2, 3, 4, -1]]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return Ready(lake, "work-cancer", model.fit(data.drop(columns="target"), data["target"]), data)


@pytest.fixture(scope="module")
def diabetes(lake: Lake) -> Ready:
    data = load_diabetes(as_frame=True).frame
    return Ready(lake, "work-diabetes", LinearRegression().fit(data.drop(columns="target"), data["target"]), data)


@pytest.fixture(scope="module")
def no_prob(lake: Lake) -> Ready:
    """A classifier that gives no probabilities."""
    _, data = creator.iris()
    return Ready(lake, "work-svc", SVC().fit(data.drop(columns="target"), data["target"]), data)


def test_a_stored_dataset_is_predicted_at_once_and_its_other_columns_are_left_out(lake: Lake, iris: Ready) -> None:
    answer = lake.call("POST", "/models/work-iris/predict", json={"dataset": iris.hash, "mode": "prob"}).json()
    assert [column["name"] for column in answer["columns"]] == list(iris.model.classes_)
    expected = iris.model.predict_proba(iris.rows)
    for got, wanted in zip(answer["data"], expected, strict=True):
        assert got == pytest.approx(wanted, abs=1e-9)


def test_a_job_predicts_a_dataset_into_a_dataset(lake: Lake, iris: Ready) -> None:
    job = iris.ask("predictions", {"dataset": iris.hash, "name": "guesses"})
    assert (job["kind"], job["state"], job["result"]["rows"]) == ("predict", "succeeded", 150)
    stored = lake.call("GET", f"/datasets/{job['result']['dataset']}").json()
    assert [row[0] for row in stored["data"]] == iris.model.predict(iris.rows).tolist()
    info = lake.call("GET", f"/datasets/{job['result']['dataset']}/info").json()
    assert "guesses" in [alias["name"] for alias in info["aliases"]]


def test_rows_may_come_with_the_question(lake: Lake, diabetes: Ready) -> None:
    response = lake.call(
        "POST",
        "/models/work-diabetes/predictions",
        data=diabetes.rows.to_csv(index=False),
        headers={"Content-Type": "text/csv"},
    )
    job = lake.job(response.json()["job"])
    stored = lake.call("GET", f"/datasets/{job['result']['dataset']}").json()
    expected = diabetes.model.predict(diabetes.rows)
    assert [row[0] for row in stored["data"]] == pytest.approx(expected, abs=1e-9)


def test_a_classifier_is_audited_as_scikit_learn_would(lake: Lake, forest: Ready) -> None:
    job = forest.ask("audits", {"dataset": forest.hash})
    exact, prob = forest.model.predict(forest.rows), forest.model.predict_proba(forest.rows)
    expected = {
        "accuracy": metrics.accuracy_score(forest.truth, exact),
        "balanced_accuracy": metrics.balanced_accuracy_score(forest.truth, exact),
        "precision": metrics.precision_score(forest.truth, exact, average="macro"),
        "recall": metrics.recall_score(forest.truth, exact, average="macro"),
        "f1": metrics.f1_score(forest.truth, exact, average="macro"),
        "auc": metrics.roc_auc_score(forest.truth, prob, multi_class="ovr"),
        "log_loss": metrics.log_loss(forest.truth, prob),
        "brier": metrics.brier_score_loss(forest.truth, prob),
    }
    assert expected["accuracy"] < 1
    assert job["result"]["measures"] == pytest.approx(expected, abs=1e-9)


def test_two_classes_of_whole_numbers(cancer: Ready) -> None:
    job = cancer.ask("audits", {"dataset": cancer.hash, "measures": ["f1", "auc", "brier"]})
    exact, prob = cancer.model.predict(cancer.rows), cancer.model.predict_proba(cancer.rows)[:, 1]
    expected = {
        "f1": metrics.f1_score(cancer.truth, exact),
        "auc": metrics.roc_auc_score(cancer.truth, prob),
        "brier": metrics.brier_score_loss(cancer.truth, prob),
    }
    assert job["result"]["measures"] == pytest.approx(expected, abs=1e-9)


def test_a_regression_is_audited_on_another_dataset(lake: Lake, diabetes: Ready) -> None:
    rows = diabetes.data.sample(100, random_state=1)[::-1].rename(columns={"target": "truth"})
    new = weles_dataset(lake, rows)
    job = diabetes.ask("audits", {"dataset": new, "target": "truth"})
    exact = diabetes.model.predict(rows.drop(columns="truth"))
    expected = {
        "mse": metrics.mean_squared_error(rows["truth"], exact),
        "rmse": metrics.root_mean_squared_error(rows["truth"], exact),
        "mae": metrics.mean_absolute_error(rows["truth"], exact),
        "mape": metrics.mean_absolute_percentage_error(rows["truth"], exact),
        "r2": metrics.r2_score(rows["truth"], exact),
    }
    assert job["result"]["measures"] == pytest.approx(expected, abs=1e-9)


def test_a_classifier_without_probabilities_has_the_measures_of_its_answers(no_prob: Ready) -> None:
    job = no_prob.ask("audits", {"dataset": no_prob.hash})
    exact = no_prob.model.predict(no_prob.rows)
    assert set(job["result"]["measures"]) == {"accuracy", "balanced_accuracy", "precision", "recall", "f1"}
    assert job["result"]["measures"]["accuracy"] == metrics.accuracy_score(no_prob.truth, exact)
    failed = no_prob.ask("audits", {"dataset": no_prob.hash, "measures": ["auc"]})
    assert failed["problem"]["type"] == "/problems/measure-misfit"
    assert "auc" not in failed["problem"]["available"]


def test_an_audit_is_kept_once(lake: Lake, iris: Ready) -> None:
    first = iris.ask("audits", {"dataset": iris.hash, "measures": ["acc", "auc"]})
    kept = lake.call("GET", "/models/work-iris/audits", params={"dataset": iris.hash}).json()["audits"]
    second = iris.ask("audits", {"dataset": iris.hash, "measures": ["auc", "accuracy"]})
    assert second["result"] == first["result"]
    assert lake.call("GET", "/models/work-iris/audits", params={"dataset": iris.hash}).json()["audits"] == kept
    assert {each["measure"] for each in kept} >= {"accuracy", "auc"}


def test_what_cannot_be_audited(lake: Lake, iris: Ready, diabetes: Ready) -> None:
    problem = iris.refused("audits", {"dataset": iris.hash, "target": "colour"})
    assert (problem["status"], problem["problems"][0]["column"]) == (422, "colour")
    problem = iris.refused("audits", {"dataset": diabetes.hash})
    assert {each["column"] for each in problem["problems"]} == {*iris.rows.columns}
    assert iris.refused("audits", {"dataset": iris.hash, "measures": ["kappa"]})["type"] == "/problems/measure-misfit"
    assert iris.refused("audits", {"dataset": "sha256:" + "0" * 64})["status"] == 404
    failed = iris.ask("audits", {"dataset": iris.hash, "measures": ["rmse"]})
    assert failed["state"] == "failed"
    assert failed["problem"]["type"] == "/problems/measure-misfit"
    assert "accuracy" in failed["problem"]["available"]
    strange = iris.data.assign(target=["tulip", *iris.data["target"][1:]])
    failed = iris.ask("audits", {"dataset": weles_dataset(lake, strange)})
    assert failed["problem"]["problems"] == [
        {"column": "target", "row": 0, "expected": "'setosa', 'versicolor', 'virginica'", "got": "'tulip'"}
    ]
    failed = diabetes.ask("audits", {"dataset": weles_dataset(lake, diabetes.data.assign(target="a"))})
    assert failed["problem"]["family"] == "caller"


def test_models_side_by_side(lake: Lake, iris: Ready, forest: Ready, no_prob: Ready) -> None:
    weles.connect(lake.url, lake.token)
    table = weles.model.compare(["work-iris", ("work-forest", 1), "work-svc"], iris.hash)
    assert table["model"].tolist() == ["work-iris", "work-forest", "work-svc"]
    for ready, (_, row) in zip((iris, forest, no_prob), table.iterrows(), strict=True):
        exact = ready.model.predict(ready.rows)
        assert row["accuracy"] == pytest.approx(metrics.accuracy_score(ready.truth, exact))
    assert table["auc"].isna().tolist() == [False, False, True]


NATIVE = """
import json, pickle, sys, warnings
warnings.simplefilter("ignore")
import dalex, pandas
with open(sys.argv[1], "rb") as file:
    model, rows, truth = pickle.load(file)
rows = pandas.DataFrame(rows)
def predict(model, data):
    return model.predict_proba(data)[:, 1] if hasattr(model, "predict_proba") else model.predict(data)
explainer = dalex.Explainer(model, rows, truth, predict_function=predict, verbose=False,
    model_type="classification" if hasattr(model, "predict_proba") else "regression")
one = rows.iloc[[3]]
loss = "1-auc" if hasattr(model, "predict_proba") else "rmse"
parts = explainer.model_parts(loss_function=loss, N=None, B=4, random_state=5).result
profile = explainer.model_profile(N=None, grid_points=9, verbose=False).result
down = explainer.predict_parts(one, type="break_down", N=None).result
shap = explainer.predict_parts(one, type="shap", N=None, B=4, random_state=5).result
shap = shap[shap["B"] == 0]
paribus = explainer.predict_profile(one, grid_points=9, verbose=False).result
json.dump({
    "importance": dict(zip(parts["variable"], parts["dropout_loss"])),
    "dependence": {name: group["_yhat_"].tolist() for name, group in profile.groupby("_vname_")},
    "break_down": dict(zip(down["variable_name"], down["contribution"])),
    "shap": dict(zip(shap["variable_name"], shap["contribution"])),
    "paribus": {name: group["_yhat_"].tolist() for name, group in paribus.groupby("_vname_")},
}, sys.stdout)
"""


def native(folder: Path, ready: Ready) -> dict[str, Any]:
    """What dalex says of the model itself, on the rows that it was fitted on."""
    file = folder / "model.pkl"
    file.write_bytes(pickle.dumps((ready.model, ready.rows.to_dict("list"), ready.truth.to_numpy(dtype=float))))
    done = subprocess.run([ANALYSIS_PYTHON, "-c", NATIVE, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", ["cancer", "diabetes"])
def test_explanations_are_dalexs_own_to_1e_9(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    ready: Ready = request.getfixturevalue(name)
    expected = native(tmp_path, ready)
    all_rows = {"background": len(ready.data), "seed": 5}
    importance = ready.explanation("permutation_importance", repetitions=4, **all_rows)["data"]
    got = {each["variable"]: each["loss"] for each in importance["variables"]}
    got |= {"_full_model_": importance["full_model"], "_baseline_": importance["baseline"]}
    assert got == pytest.approx(expected["importance"], abs=1e-9)
    dependence = ready.explanation("partial_dependence", grid_points=9, **all_rows)["data"]
    assert {each["variable"] for each in dependence["profiles"]} == set(ready.rows.columns)
    for each in dependence["profiles"]:
        assert each["prediction"] == pytest.approx(expected["dependence"][each["variable"]], abs=1e-9)
    paribus = ready.explanation("ceteris_paribus", row_numbers=[3], grid_points=9, **all_rows)["data"]
    for each in paribus["rows"][0]["profiles"]:
        assert each["prediction"] == pytest.approx(expected["paribus"][each["variable"]], abs=1e-9)
    for kind, options in (("break_down", {}), ("shap", {"repetitions": 4})):
        row = ready.explanation(kind, row_numbers=[3], **options, **all_rows)["data"]["rows"][0]
        contributions = {each["variable"]: each["contribution"] for each in row["contributions"]}
        assert contributions == pytest.approx({key: expected[kind][key] for key in contributions}, abs=1e-9)
        assert set(contributions) == set(ready.rows.columns)
        assert row["intercept"] + sum(contributions.values()) == pytest.approx(row["prediction"], abs=1e-9)


def test_an_explanation_in_every_form(lake: Lake, iris: Ready, tmp_path: Path) -> None:
    weles.connect(lake.url, lake.token)
    made = weles.model.explain("work-iris", "break_down", iris.rows.iloc[:2], class_name="virginica")
    assert made.data["class"] == "virginica"
    expected = iris.model.predict_proba(iris.rows.iloc[:2])[:, 2]
    assert [row["prediction"] for row in made.data["rows"]] == pytest.approx(expected, abs=1e-9)
    assert made.frame().groupby("row")["contribution"].count().tolist() == [4, 4]
    assert made.save(tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in made.save(tmp_path / "plot.svg").read_bytes()
    assert json.loads(made.save(tmp_path / "plot.json").read_bytes())["data"]
    response = lake.call("GET", f"/explanations/{made.id}", headers={"Accept": "text/html"})
    assert "Plotly.newPlot" in response.text
    assert not [each for each in ("src=", 'href="http') if each in response.text.split("<body")[1][:200]]
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert lake.call("GET", f"/explanations/{made.id}", headers={"Accept": "text/csv"}).status_code == 406


def test_a_classifier_without_probabilities_is_explained_by_what_it_says(no_prob: Ready) -> None:
    data = no_prob.explanation("break_down", row_numbers=[0])["data"]
    assert (data["class"], data["output"], data["rows"][0]["prediction"]) == ("setosa", "indicator", 1.0)


def test_what_cannot_be_explained(iris: Ready) -> None:
    for document, said in (
        ({"kind": "shap"}, "is of single rows"),
        ({"kind": "partial_dependence", "row_numbers": [1]}, "takes no rows"),
        ({"kind": "shap", "row_numbers": [1], "columns": ["petal_width"]}, "all columns together"),
        ({"kind": "partial_dependence", "columns": ["colour"]}, "no column 'colour'"),
        ({"kind": "permutation_importance", "target": "colour"}, "no column 'colour'"),
        ({"kind": "shap", "rows": [{"petal_width": 1}]}, "no such column"),
    ):
        assert said in iris.refused("explanations", document)["detail"]
    failed = iris.ask("explanations", {"kind": "shap", "row_numbers": [1], "class": "tulip"})
    assert (failed["problem"]["type"], failed["state"]) == ("/problems/invalid-request", "failed")
    assert "setosa" in failed["problem"]["next"]
    failed = iris.ask("explanations", {"kind": "shap", "row_numbers": [150]})
    assert "150 rows" in failed["problem"]["detail"]


def test_jobs_are_their_owners(lake: Lake, iris: Ready) -> None:
    made = lake.call("POST", "/users", json={"name": "work-ann", "password": "correct horse"}).json()
    ann = {"Authorization": f"Bearer {made['token']}"}
    job = iris.ask("audits", {"dataset": iris.hash, "measures": ["f1"]})
    listed = lake.call("GET", "/jobs", params={"state": "succeeded", "limit": 500}).json()["jobs"]
    assert job["id"] in [each["id"] for each in listed]
    assert lake.call("GET", f"/jobs/{job['id']}", headers=ann).status_code == 404
    assert lake.call("DELETE", f"/jobs/{job['id']}", headers=ann).status_code == 404
    assert lake.call("GET", "/jobs", headers=ann).json() == {"jobs": []}
    assert lake.call("DELETE", f"/jobs/{job['id']}").json()["state"] == "succeeded"
    made = iris.explanation("break_down", row_numbers=[0])
    assert lake.call("GET", f"/explanations/{made['id']}", headers=ann).status_code == 404


def test_columns_are_prepared_by_the_client(lake: Lake, iris: Ready) -> None:
    weles.connect(lake.url, lake.token)
    shuffled = iris.rows[iris.rows.columns[::-1]].rename(columns=lambda name: name.replace("_", ".").title())
    given = shuffled.assign(other=1)
    got = weles.model.predict("work-iris", given, prepare_columns=True)
    assert got.tolist() == iris.model.predict(iris.rows).tolist()
    renamed = iris.rows.set_axis(["a", "b", "c", "d"], axis=1)
    assert weles.model.predict("work-iris", renamed, prepare_columns=True).tolist() == got.tolist()
    with pytest.raises(weles.InvalidInput):
        weles.model.predict("work-iris", renamed)
    assert weles.model.predict("work-iris", iris.hash).tolist() == got.tolist()


def test_the_prototypes_calls(lake: Lake, iris: Ready) -> None:
    """As its users wrote them, through the Python client."""
    weles.connect(lake.url, lake.token)
    assert weles.user.create("prototype-user", "correct horse").token
    stored = weles.dataset.upload(iris.data, "irises", "150 irises").hash
    assert weles.dataset.get(stored).equals(weles.dataset.get(iris.hash))
    assert weles.dataset.head(stored, 3)["target"].tolist() == iris.data["target"][:3].tolist()
    assert weles.dataset.info(stored)["columns"][0]["statistics"]["missing"] == 0
    assert weles.model.status("work-iris").ready
    assert weles.model.info("work-iris")["dataset"]["hash"] == iris.hash
    assert weles.model.predict("work-iris", iris.rows).tolist() == iris.model.predict(iris.rows).tolist()
    prob = weles.model.predict("work-iris", iris.rows, mode="prob")
    assert [*prob.columns] == [*iris.model.classes_]
    assert abs(prob.to_numpy() - iris.model.predict_proba(iris.rows)).max() < 1e-9
    assert weles.model.audit("work-iris", "acc", iris.data, "target") == metrics.accuracy_score(
        iris.truth, iris.model.predict(iris.rows)
    )
    known = weles.model.info("work-iris")
    assert {"name", "owner", "description", "tags", "target", "language", "language_version", "system"} <= known.keys()
    data = known["dataset"]
    assert (data["hash"], data["rows"], data["columns"], data["missing"]) == (iris.hash, 150, 5, 0)
    assert "irises" in {each["name"] for each in data["aliases"]}
    assert [each["name"] for each in known["columns"]] == [*iris.data.columns]
    assert {"missing", "unique", "min", "max", "quantiles", "histogram"} <= known["columns"][0]["statistics"].keys()
    assert ("accuracy", iris.hash) in {(each["measure"], each["dataset"]) for each in known["audits"]}
    found = weles.model.search(
        "work-iris", row="=150;", column="=5;", classes="=3;", missing="=0;", regex="^work-iris$"
    )
    assert found.names == ["work-iris"]
    assert weles.model.search(regex="^work-iris$", row=">150;").names == []
    assert "scikit-learn==" in weles.model.requirements("work-iris")


def weles_dataset(lake: Lake, data: pd.DataFrame) -> str:
    weles.connect(lake.url, lake.token)
    return weles.dataset.upload(data, "data of a test").hash
