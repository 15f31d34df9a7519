"""Names of versions: numbers, hashes, aliases that move."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.domain.errors.model import AnswersDiffer
from tests.unit.api.uploads import content, failed, ready, same_user, upload

API = "/api/v1"


def test_a_version_has_many_names(app: Flask, client: FlaskClient) -> None:
    for number in (1, 2, 3):
        upload(client, model=content(f"model {number}"))
    for number in (1, 2):
        ready(app, "wine", number)
    hash_of_1 = client.get(f"{API}/models/wine?version=1").json["hash"]
    put = client.put(f"{API}/models/wine/aliases/production", json={"version": 1})
    assert (put.status_code, put.json["version"], put.json["moved_by"]) == (200, 1, "admin")
    for name, number in (("1", 1), ("production", 1), (hash_of_1, 1), ("latest", 2), ("3", 3)):
        assert client.get(f"{API}/models/wine?version={name}").json["version"] == number, name
        assert client.get(f"{API}/models/wine/versions/{name}").json["version"] == number, name
    assert client.get(f"{API}/models/wine").json["version"] == 2
    assert client.get(f"{API}/models/wine").json["aliases"][0]["name"] == "production"
    asked = client.post(f"{API}/models/wine/predict?version=3", json=[{"x": 1}])
    assert asked.json["type"] == "/problems/environment-not-ready"


@pytest.mark.parametrize("version", ["0", "a b", "sha256:abc", "-1", "%00", "99999999999999"])
def test_what_names_no_version(client: FlaskClient, version: str) -> None:
    upload(client)
    assert client.get(f"{API}/models/wine?version={version}").status_code == 400
    assert client.get(f"{API}/models/wine/versions/{version}").status_code == 404


@pytest.mark.parametrize("version", ["7", "nosuch", "sha256:" + "0" * 64])
def test_versions_that_are_not_there(client: FlaskClient, version: str) -> None:
    upload(client)
    assert client.get(f"{API}/models/wine?version={version}").status_code == 404


def test_an_alias_moves_and_remembers_where_it_was(app: Flask, client: FlaskClient) -> None:
    for number in (1, 2):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    path = f"{API}/models/wine/aliases/production"
    assert client.get(path).status_code == 404
    for version in ("1", 2, "latest"):
        assert client.put(path, json={"version": version}).status_code == 200
    assert client.get(f"{API}/models/wine/aliases").json["aliases"][0]["version"] == 2
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    client.put(path, json={"version": 1})
    history = [(move["version_before"], move["version_after"]) for move in client.get(path).json["history"]]
    assert history == [(None, 1), (1, 2), (2, None), (None, 1)]


def test_an_alias_moves_only_from_where_it_is_expected(app: Flask, client: FlaskClient) -> None:
    for number in (1, 2):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    path = f"{API}/models/wine/aliases/production"
    assert client.put(path, json={"version": 1, "expected": 0}).status_code == 200
    for answer in (client.put(path, json={"version": 2, "expected": 0}), client.delete(f"{path}?expected=2")):
        assert (answer.status_code, answer.json["type"], answer.json["found"]) == (409, "/problems/alias-moved", 1)
    assert client.put(path, json={"version": 2, "expected": 1}).json["version"] == 2


def test_of_many_who_move_an_alias_at_once_one_does(app: Flask, client: FlaskClient) -> None:
    for number in range(1, 9):
        upload(client, model=content(f"model {number}"))
        ready(app, "wine", number)
    path, start = f"{API}/models/wine/aliases/production", threading.Barrier(8)

    def move(number: int) -> int:
        start.wait()
        return same_user(app, client).put(path, json={"version": number, "expected": 0}).status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(move, range(1, 9))) == [200] + [409] * 7
    assert len(client.get(path).json["history"]) == 1


def test_an_alias_needs_a_version_that_can_be_called(app: Flask, client: FlaskClient) -> None:
    upload(client)
    path = f"{API}/models/wine/aliases/production"
    assert client.put(path, json={"version": 1}).json["type"] == "/problems/environment-not-ready"
    failed(app, "wine", AnswersDiffer([{"row": 0}], 1))
    assert client.put(path, json={"version": 1}).json["type"] == "/problems/model-not-usable"


@pytest.mark.parametrize("alias", ["latest", "1", "sha256:x", "a b", "-x", "a" * 101])
def test_names_that_no_alias_can_have(app: Flask, client: FlaskClient, alias: str) -> None:
    upload(client)
    ready(app, "wine", 1)
    answer = client.put(f"{API}/models/wine/aliases/{alias}", json={"version": 1})
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/invalid-request")
