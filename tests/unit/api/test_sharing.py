"""Models and dataset aliases that are private, shared with named users, or public."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.api.services import services
from tests.unit.api.test_users_and_tokens import bearer
from tests.unit.api.uploads import form, upload

MODEL = "/api/v1/models/wine"
ACCESS = f"{MODEL}/access"


@pytest.fixture
def bob(app: Flask) -> FlaskClient:
    with app.app_context():
        _, token = services().accounts.create_user("bob", "correct horse")
    return bearer(app, token)


def names(client: FlaskClient) -> list[str]:
    return [model["name"] for model in client.get("/api/v1/models").json["models"]]


def store(client: FlaskClient, name: str) -> str:
    data = {"metadata": json.dumps({"name": name}), "data": (io.BytesIO(b"x,y\n1,a\n"), "d.csv", "text/csv")}
    answer = client.post("/api/v1/datasets", data=data, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.text
    return str(answer.json["hash"])


def test_a_model_is_its_owners_until_it_is_shared(client: FlaskClient, member: FlaskClient, bob: FlaskClient) -> None:
    upload(member)
    assert member.get(ACCESS).json == {"visibility": "private", "users": []}
    assert (names(bob), bob.get(MODEL).status_code) == ([], 404)
    shared = member.put(ACCESS, json={"visibility": "shared", "users": ["bob", "bob"]})
    assert shared.json == {"visibility": "shared", "users": ["bob"]}
    assert (names(bob), bob.get(MODEL).status_code) == (["wine"], 200)
    assert bob.put(ACCESS, json={"visibility": "public"}).status_code == 403
    assert bob.get(ACCESS).status_code == 403
    assert upload(bob).status_code == 403
    member.put(ACCESS, json={"visibility": "private"})
    assert (names(bob), bob.get(MODEL).status_code) == ([], 404)
    client.put(ACCESS, json={"visibility": "public"})
    assert (names(bob), bob.get(MODEL).status_code) == (["wine"], 200)


def test_an_administrators_upload_is_a_version_of_the_owners_model(client: FlaskClient, member: FlaskClient) -> None:
    upload(member)
    assert upload(client, model=(io.BytesIO(b"a mended model"), "model.pkl")).json["version"] == 2
    assert member.get(f"{MODEL}?version=2").json["owner"] == "ann"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"visibility": "shared"}, "name users"),
        ({"visibility": "public", "users": ["bob"]}, "name users"),
        ({"visibility": "shared", "users": ["bob", "carl"]}, "'carl'"),
    ],
)
def test_audiences_that_cannot_be(member: FlaskClient, bob: FlaskClient, body: dict[str, Any], reason: str) -> None:
    upload(member)
    refused = member.put(ACCESS, json=body)
    assert (refused.status_code, refused.json["problems"][0]["field"]) == (400, "users")
    assert reason in refused.json["problems"][0]["reason"]
    assert member.get(ACCESS).json == {"visibility": "private", "users": []}


def test_nobody_is_kept_out_of_what_others_gave_them(
    member: FlaskClient, bob: FlaskClient, client: FlaskClient
) -> None:
    """A dataset is stored once; whom it is for is said by each of those who named it, for their own name."""
    content_hash = store(member, "hers")
    path = f"/api/v1/datasets/{content_hash}"
    assert bob.get(path).status_code == 404
    assert store(client, "the lake's") == content_hash
    shared = member.put(f"{path}/access?alias=hers", json={"visibility": "shared", "users": ["bob"]})
    assert shared.json == {"aliases": [{"name": "hers", "owner": "ann", "visibility": "shared", "users": ["bob"]}]}
    assert [alias["name"] for alias in bob.get(f"{path}/info").json["aliases"]] == ["hers"]
    assert bob.get(f"{path}/head").status_code == 200
    assert [alias["name"] for alias in member.get(f"{path}/access").json["aliases"]] == ["hers"]
    assert [alias["name"] for alias in client.get(f"{path}/access").json["aliases"]] == ["hers", "the lake's"]
    member.put(f"{path}/access", json={"visibility": "private"})
    assert bob.get(path).status_code == 404


def test_only_ones_own_aliases_are_shared(member: FlaskClient, bob: FlaskClient, client: FlaskClient) -> None:
    content_hash = store(member, "hers")
    assert store(bob, "his") == content_hash
    path = f"/api/v1/datasets/{content_hash}/access"
    for query in ("?owner=bob", "?alias=his", "?alias=hers&owner=bob"):
        assert member.put(path + query, json={"visibility": "public"}).status_code == 404
    assert client.put(path, json={"visibility": "public"}).status_code == 404
    assert client.put(f"{path}?owner=bob", json={"visibility": "public"}).status_code == 200
    assert [each["visibility"] for each in client.get(path).json["aliases"]] == ["private", "public"]


def test_a_stored_dataset_is_named_by_those_who_see_it(member: FlaskClient, bob: FlaskClient) -> None:
    content_hash = store(member, "hers")

    def upload_on_it() -> int:
        parts = form("his", dataset=content_hash)
        del parts["data"]
        return bob.post("/api/v1/models", data=parts, content_type="multipart/form-data").status_code

    assert upload_on_it() == 404
    member.put(f"/api/v1/datasets/{content_hash}/access", json={"visibility": "public"})
    assert upload_on_it() == 202
