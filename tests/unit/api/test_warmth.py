"""Models that are kept warm."""

from flask.testing import FlaskClient

from tests.unit.api.uploads import upload

API = "/api/v1"


def test_a_model_is_kept_warm_within_the_lakes_limit(client: FlaskClient) -> None:
    for name in ("one", "two", "three"):
        upload(client, name=name)
    assert client.get(f"{API}/models/one/warm").json == {"min_warm": 0, "hours": None}
    for name in ("one", "two", "two"):
        assert client.put(f"{API}/models/{name}/warm", json={"min_warm": 1}).status_code == 200
    refused = client.put(f"{API}/models/three/warm", json={"min_warm": 1})
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/too-many-kept")
    wrong = client.put(f"{API}/models/one/warm", json={"min_warm": 1, "hours": "from 7 to 9"})
    assert (wrong.status_code, wrong.json["problems"][0]["field"]) == (400, "hours")
    assert client.put(f"{API}/models/one/warm", json={"min_warm": 0}).json["min_warm"] == 0
    assert client.put(f"{API}/models/three/warm", json={"min_warm": 1}).status_code == 200
    assert client.put(f"{API}/models/none/warm", json={"min_warm": 1}).status_code == 404
