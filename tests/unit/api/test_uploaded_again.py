"""A model that is uploaded again: the same version, or another one."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.domain.errors.invalid import EnvironmentFailed
from tests.unit.api.uploads import content, failed, same_user, upload

API = "/api/v1"


def test_the_same_content_again_is_the_same_version(client: FlaskClient) -> None:
    first = upload(client, description="one").json
    again = upload(
        client, description="two", requirements=(io.BytesIO(b"# !\nNumpy==1.26.4\njoblib==1.4.2\n"), "r.txt")
    )
    assert again.status_code == 200
    assert (again.json["version"], again.json["job"]) == (1, first["job"])
    assert again.json["notes"][0] == "Version 1 has the same content: no new one was made."
    model = client.get(f"{API}/models/wine").json
    assert (model["versions"], model["version_description"], model["description"]) == ([1], "one", "two")


@pytest.mark.parametrize(
    "changes",
    [
        {"model": content("another model")},
        {"requirements": (io.BytesIO(b"joblib==1.4.1\nnumpy==1.26.4\n"), "r.txt")},
        {"data": (io.BytesIO(b"x,y\n1.5,a\n2.5,c\n"), "data.csv", "text/csv")},
        {"target": "x"},
        {"flavour": "python"},
        {"format": "joblib"},
        {"language_version": "3.11.6"},
    ],
)
def test_other_content_is_another_version(client: FlaskClient, changes: dict[str, Any]) -> None:
    upload(client)
    response = upload(client, **changes)
    assert (response.status_code, response.json["version"]) == (202, 2), response.text


def test_what_is_said_about_the_content_makes_no_version(client: FlaskClient) -> None:
    upload(client)
    for changes in ({"tags": ["x"]}, {"system": {"os": "y"}}, {"data_name": "other"}, {"model_class": "m.C"}):
        assert upload(client, **changes).json["version"] == 1


def test_ten_uploads_of_one_content_at_once_make_one_version(app: Flask, client: FlaskClient) -> None:
    with ThreadPoolExecutor(10) as threads:
        made = list(threads.map(lambda _: upload(same_user(app, client)), range(10)))
    assert sorted(each.status_code for each in made) == [200] * 9 + [202]
    assert len({(each.json["version"], each.json["job"]) for each in made}) == 1
    assert client.get(f"{API}/models/wine").json["versions"] == [1]


def test_a_version_that_failed_is_prepared_again(app: Flask, client: FlaskClient) -> None:
    first = upload(client).json
    failed(app, "wine", EnvironmentFailed({"summary": "No such numpy.", "suggestion": "Use another."}, "log"))
    assert client.get(f"{API}/models/wine").json["state"] == "failed"
    again = upload(client)
    assert (again.status_code, again.json["version"], again.json["state"]) == (202, 1, "queued")
    assert again.json["job"] != first["job"]
    assert "tried again" in again.json["notes"][0]
    model = client.get(f"{API}/models/wine").json
    assert (model["state"], model["problem"], model["job"]) == ("pending", None, again.json["job"])
