"""What people send by mistake, and what they are told."""

import json
import pickle
from typing import Any

import pytest

from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def model() -> Any:
    return creator.iris()


def _problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["next"]
    return document


def _upload(lake: Lake, session: Any, name: str, /, **changes: Any) -> Any:
    return lake.call("POST", "/models", files=creator.form(*session, name, **changes))


@pytest.fixture(scope="module")
def iris(lake: Lake, model: Any) -> dict[str, Any]:
    """The name of a model that is ready, and one good row for it."""
    response = _upload(lake, model, "bad-input")
    assert lake.job(response.json()["job"])["state"] == "succeeded"
    row = model[1].drop(columns="target").iloc[0].to_dict()
    return {"path": "/models/bad-input/predict", "row": row}


def test_requirements_that_cannot_be_read_are_named_by_line(lake: Lake, model: Any) -> None:
    text = "numpy==1.26.4\nscipy>=1.0\n--index-url=http://evil\nscikit-learn==1.5.2\n"
    problem = _problem(_upload(lake, model, "unread", requirements=text), 422, "invalid-environment")
    assert [each["line"] for each in problem["problems"]] == [2, 3]
    assert all(each["reason"] for each in problem["problems"])
    assert lake.call("GET", "/models/unread").status_code == 404


def test_a_version_that_does_not_exist_is_named_with_the_nearest(lake: Lake, model: Any) -> None:
    job = lake.job(_upload(lake, model, "no-version", requirements="joblib==1.4.99\n").json()["job"])
    assert job["state"] == "failed"
    assert job["problem"]["type"] == "/problems/environment-failed"
    diagnosis = job["problem"]["diagnosis"]
    assert diagnosis["package"] == "joblib"
    assert "1.4.2" in job["problem"]["next"] + diagnosis["summary"]


def test_a_package_that_does_not_exist_is_named(lake: Lake, model: Any) -> None:
    job = lake.job(_upload(lake, model, "no-package", requirements="surely-no-such-package-9f3==1.0\n").json()["job"])
    assert job["state"] == "failed"
    assert job["problem"]["diagnosis"]["package"] == "surely-no-such-package-9f3"


def test_a_python_that_is_not_there(lake: Lake, model: Any) -> None:
    problem = _problem(_upload(lake, model, "old", language_version="2.7.18"), 422, "invalid-environment")
    assert problem["available"]
    assert "weles-admin runtimes install" in problem["detail"]


def test_a_model_file_that_cannot_be_loaded(lake: Lake, model: Any) -> None:
    response = _upload(lake, model, "unloadable", model=b"not a pickle at all")
    job = lake.job(response.json()["job"])
    assert job["state"] == "failed"
    assert job["problem"]["type"] == "/problems/model-not-loadable"
    assert "UnpicklingError" in job["problem"]["traceback"]
    version = lake.call("GET", "/models/unloadable").json()
    assert version["state"] == "failed"
    problem = _problem(lake.call("POST", "/models/unloadable/predict", json=[{"x": 1}]), 502, "model-not-usable")
    assert "UnpicklingError" in problem["detail"]


class Unknown:
    """A class that no image knows."""


def test_a_model_of_a_class_that_is_not_installed(lake: Lake, model: Any) -> None:
    job = lake.job(_upload(lake, model, "unknown-class", model=pickle.dumps(Unknown())).json()["job"])
    assert job["problem"]["type"] == "/problems/model-not-loadable"
    assert "ModuleNotFoundError" in job["problem"]["traceback"]


def test_a_target_that_is_no_column(lake: Lake, model: Any) -> None:
    problem = _problem(_upload(lake, model, "no-target", target="species"), 422, "invalid-input")
    assert problem["problems"][0]["column"] == "species"


@pytest.mark.parametrize(
    ("change", "column", "expected"),
    [
        ({"sepal_length": "long"}, "sepal_length", "float64"),
        ({"sepal_length": True}, "sepal_length", "float64"),
        ({"petals": 3}, "petals", None),
        ({"sepal_length": ...}, "sepal_length", "float64"),
    ],
)
def test_a_column_that_is_wrong(lake: Lake, iris: dict[str, Any], change: Any, column: str, expected: str) -> None:
    row = {name: value for name, value in {**iris["row"], **change}.items() if value is not ...}
    problem = _problem(lake.call("POST", iris["path"], json=[iris["row"], row]), 422, "invalid-input")
    (told,) = problem["problems"]
    assert told["column"] == column
    if expected is not None:
        assert expected in told["expected"]


def test_a_content_type_that_cannot_be_read(lake: Lake, iris: dict[str, Any]) -> None:
    response = lake.call("POST", iris["path"], data="<rows/>", headers={"Content-Type": "application/xml"})
    problem = _problem(response, 415, "unsupported-media-type")
    assert {"application/json", "text/csv"} <= set(problem["accepted"])


def test_an_answer_that_cannot_be_given(lake: Lake, iris: dict[str, Any]) -> None:
    response = lake.call("POST", iris["path"], json=[iris["row"]], headers={"Accept": "image/png"})
    _problem(response, 406, "not-acceptable")


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": "Basic eDp5"}]
)
def test_a_wrong_token(lake: Lake, headers: dict[str, str]) -> None:
    response = lake.call("GET", "/models", headers=headers)
    _problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_upload_that_is_too_large(lake: Lake, model: Any) -> None:
    response = _upload(lake, model, "large", model=b"\0" * (65 << 20))
    problem = _problem(response, 413, "too-large")
    assert problem["limit_bytes"] == 64 << 20
    assert lake.call("GET", "/models/large").status_code == 404


@pytest.mark.parametrize(
    "metadata",
    ["{", "[]", "{}", json.dumps({"name": "../etc", "target": "t", "flavour": "sklearn", "language_version": "3.11"})],
)
def test_metadata_that_is_not_right(lake: Lake, model: Any, metadata: str) -> None:
    parts = {**creator.form(*model, "x"), "metadata": ("m", metadata, "application/json")}
    _problem(lake.call("POST", "/models", files=parts), 400, "invalid-request")


def test_a_form_without_its_parts(lake: Lake, model: Any) -> None:
    parts = creator.form(*model, "x")
    del parts["requirements"]
    problem = _problem(lake.call("POST", "/models", files=parts), 400, "invalid-request")
    assert "requirements" in problem["detail"]
    _problem(lake.call("POST", "/models", json={}), 415, "unsupported-media-type")


def test_what_is_not_there(lake: Lake) -> None:
    _problem(lake.call("GET", "/models/nothing"), 404, "not-found")
    _problem(lake.call("GET", "/nothing"), 404, "not-found")
    _problem(lake.call("DELETE", "/models"), 405, "method-not-allowed")
    _problem(lake.call("GET", "/jobs/nothing/log?follow=true"), 404, "not-found")


def test_the_models_own_error_is_given_with_its_traceback(lake: Lake, iris: dict[str, Any]) -> None:
    row = {**iris["row"], "sepal_length": None}
    problem = _problem(lake.call("POST", iris["path"], json=[row]), 502, "model-raised")
    assert problem["error_class"] == "ValueError"
    assert "NaN" in problem["message"]
    assert "sklearn" in problem["traceback"]
    assert "weles_runtime" not in problem["traceback"]
