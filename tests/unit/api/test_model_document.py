"""What is told of a model: texts that are edited, what is found out, its citation, its file."""

from flask import Flask
from flask.testing import FlaskClient

from registry.api.services import services
from registry.domain.entities import NewAudit
from tests.unit.api.uploads import content, upload

API = "/api/v1"


def test_texts_are_edited_while_versions_stay(client: FlaskClient) -> None:
    upload(client, description="first", tags=["a"])
    edited = client.patch(f"{API}/models/wine", json={"description": "better", "tags": ["b", "c"]}).json
    assert (edited["description"], edited["tags"]) == ("better", ["b", "c"])
    upload(client, description="second", tags=["d"], model=content("another"))
    model = client.get(f"{API}/models/wine").json
    assert (model["description"], model["tags"]) == ("better", ["b", "c"])
    assert (model["version_description"], model["version_tags"]) == ("second", ["d"])
    assert client.get(f"{API}/models/wine?version=1").json["version_description"] == "first"
    assert client.patch(f"{API}/models/wine", json={}).status_code == 400
    assert client.patch(f"{API}/models/wine", json={"owner": "me"}).status_code == 400


def test_a_card_comes_back_as_it_was_written_and_is_no_page(client: FlaskClient) -> None:
    upload(client)
    path, card = f"{API}/models/wine/card", "# Wine\n\n<script>alert(1)</script> ü\n"
    assert client.get(path).data == b""
    answer = client.put(path, data=card.encode(), content_type="text/markdown; charset=utf-8")
    assert answer.status_code == 200
    got = client.get(path)
    assert (got.data.decode(), got.content_type) == (card, "text/markdown; charset=utf-8")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert client.put(path, data="<p>", content_type="text/html").status_code == 415
    assert client.put(path, data=b"\xff", content_type="text/markdown").status_code == 400
    assert client.put(path, data=b"a\0b", content_type="text/markdown").status_code == 400
    assert client.put(path, data=b"x" * (300 << 10), content_type="text/markdown").status_code == 413
    assert client.get(path).data.decode() == card


def test_what_can_be_found_out_is_found_out(client: FlaskClient) -> None:
    upload(client, model_class="sklearn.ensemble._forest.RandomForestClassifier", tags=["mine"])
    model = client.get(f"{API}/models/wine").json
    assert model["tags"] == ["mine"]
    found = ["python", "sklearn", "RandomForestClassifier", "classification", "2 classes", "joblib", "numpy"]
    assert model["found_tags"] == found
    assert (model["task"], model["classes"]) == ("classification", 2)
    assert model["environment"]["packages"] == {"joblib": "1.4.2", "numpy": "1.26.4"}


def test_everything_is_one_document(client: FlaskClient) -> None:
    upload(client, data_name="my data", data_description="two rows", system={"system": "Linux"})
    model = client.get(f"{API}/models/wine").json
    assert model["system"] == {"system": "Linux"}
    data = model["dataset"]
    assert (data["name"], data["description"], data["owner"], data["rows"]) == ("my data", "two rows", "admin", 2)
    assert (data["columns"], data["missing"]) == (2, 0)
    assert [alias["name"] for alias in data["aliases"]] == ["my data"]
    assert [(each["name"], each["type"], each["statistics"]["unique"]) for each in model["columns"]] == [
        ("x", "float64", 2),
        ("y", "string", 2),
    ]
    assert (model["columns"][0]["statistics"]["min"], model["columns"][0]["statistics"]["max"]) == (1.5, 2.5)


def test_sharing_a_model_does_not_share_its_data(app: Flask, client: FlaskClient, member: FlaskClient) -> None:
    upload(client)
    with app.app_context():
        known = services().models.version("wine")
        audit = NewAudit(known.id, str(known.dataset_hash), "y", "accuracy", 0.5, 2, "")
        services().audits.add([audit])
    (shown,) = client.get(f"{API}/models/wine").json["audits"]
    assert (shown["measure"], shown["value"], shown["dataset"]) == ("accuracy", 0.5, known.dataset_hash)
    client.put(f"{API}/models/wine/access", json={"visibility": "public"})
    model = member.get(f"{API}/models/wine").json
    assert model["columns"] == [{"name": "x", "type": "float64"}, {"name": "y", "type": "string"}]
    assert (model["dataset"]["owner"], model["dataset"]["aliases"], model["audits"]) == (None, [], [])


def test_a_version_can_be_cited(app: Flask, client: FlaskClient, member: FlaskClient) -> None:
    upload(client)
    model = client.get(f"{API}/models/wine").json
    digits = model["hash"].removeprefix("sha256:")
    assert model["link"] == f"http://127.0.0.1:8080/v/{digits}"
    year = model["created_at"][:4]
    assert model["citation"] == f"admin ({year}). wine, version 1 [model]. Weles. {model['link']} ({model['hash']})"
    short = client.get(f"/v/{digits}")
    assert (short.status_code, short.headers["Location"]) == (303, f"{API}/versions/{model['hash']}")
    assert client.get(short.headers["Location"]).json == model
    # What one may not see has no link either, until one has the same content oneself.
    assert member.get(f"{API}/versions/{model['hash']}").status_code == 404
    upload(member, "hers")
    assert member.get(f"{API}/versions/{model['hash']}").json["name"] == "hers"
    for nonsense in ("x", digits[:-1], digits + "/../..", "%0a" + digits):
        assert client.get(f"/v/{nonsense}").status_code == 404


def test_the_file_comes_with_its_hash(client: FlaskClient) -> None:
    upload(client)
    model = client.get(f"{API}/models/wine").json
    got = client.get(f"{API}/models/wine/file?version=1", buffered=True)
    assert got.data == b"bytes of a model"
    assert (got.content_type, got.headers["ETag"]) == ("application/octet-stream", f'"{model["sha256"]}"')
    assert (got.headers["Weles-Model"], got.headers["Weles-Version"]) == ("wine", "1")
    part = client.get(f"{API}/models/wine/file", buffered=True, headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.data) == (206, b"bytes")
