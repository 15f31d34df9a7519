"""A job that is over is tried again in one call."""

from flask.testing import FlaskClient

from tests.unit.api.uploads import upload


def test_a_cancelled_preparation_is_tried_again_by_a_new_job(client: FlaskClient) -> None:
    first = upload(client, name="wine").json["job"]
    assert client.post(f"/api/v1/jobs/{first}/retry").json["job"] == first
    client.delete(f"/api/v1/jobs/{first}")
    again = client.post(f"/api/v1/jobs/{first}/retry")
    assert (again.status_code, again.json["state"]) == (202, "queued")
    assert again.json["job"] != first
    assert client.get("/api/v1/models/wine").json["state"] == "pending"
    assert client.get(f"/api/v1/jobs/{first}").json["state"] == "cancelled"
