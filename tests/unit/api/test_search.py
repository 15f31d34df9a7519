"""GET /models: the prototype's grammar over HTTP, and how a wrong question is answered."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.unit.api.uploads import upload

MODELS = "/api/v1/models"


@pytest.fixture
def two(client: FlaskClient, member: FlaskClient) -> None:
    """A model of the administrator and one of ann, which is private."""
    upload(client, "wine", tags=["red", "demo"], description="Quality of wine")
    upload(member, "iris", tags=["demo"], language_version="3.11.9")


def found(client: FlaskClient, **query: Any) -> list[str]:
    response = client.get(MODELS, query_string=query)
    assert response.status_code == 200, response.text
    return [model["name"] for model in response.json["models"]]


def test_the_prototypes_grammar(client: FlaskClient, two: None) -> None:
    assert found(client) == ["iris", "wine"]
    assert found(client, row=">1;<3;", column="=2;", language_version=">3.11.7;<3.12;") == ["iris"]
    assert found(client, tags=["demo", "red"]) == found(client, q="quality") == found(client, owner="admin") == ["wine"]
    assert found(client, regex="^w", state="pending", language="python", flavour="sklearn") == ["wine"]
    assert found(client, row=">2") == []
    document = client.get(MODELS, query_string={"sort": "-name", "per_page": 1}).json
    assert (document["total"], document["page"], document["per_page"]) == (2, 1, 1)
    (model,) = document["models"]
    assert (model["name"], model["owner"], model["version"], model["state"]) == ("wine", "admin", 1, "pending")
    assert (model["rows"], model["columns"], model["tags"]) == (2, 2, ["red", "demo"])


def test_others_do_not_see_what_is_private(client: FlaskClient, member: FlaskClient, two: None) -> None:
    assert found(member) == ["iris"]
    assert member.get(MODELS, query_string={"q": "wine"}).json["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"row": "1000"}, "row"),
        ({"column": ">a"}, "column"),
        ({"language_version": ">3.x;"}, "language_version"),
        ({"q": "!!!"}, "q"),
        ({"sort": "size"}, "sort"),
        ({"state": "lost"}, "state"),
        ({"language": "cobol"}, "language"),
        ({"page": 0}, "page"),
        ({"per_page": 501}, "per_page"),
        ({"regex": "a" * 201}, "regex"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, query: dict[str, Any], field: str) -> None:
    response = client.get(MODELS, query_string=query)
    assert (response.status_code, response.json["type"]) == (400, "/problems/invalid-request")
    assert [problem["field"] for problem in response.json["problems"]] == [field]


def test_a_range_says_where_it_is_wrong(client: FlaskClient) -> None:
    (problem,) = client.get(MODELS, query_string={"row": ">1000;<x;"}).json["problems"]
    assert (problem["position"], problem["expected"]) == (7, "a whole number")
    response = client.get(MODELS, query_string={"regex": "("})
    assert (response.status_code, "missing )" in response.json["detail"]) == (400, True)
