"""GET /metrics: what Prometheus reads, with a token that can do nothing else."""

from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.api.test_users_and_tokens import bearer, make_token
from tests.unit.api.uploads import upload


def _figures(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _labels(**values: str) -> frozenset[tuple[str, str]]:
    return frozenset(values.items())


def test_what_there_is_is_counted(client: FlaskClient, member: FlaskClient) -> None:
    assert upload(client).status_code == 202
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    figures = _figures(answer.text)
    assert figures["weles_models", _labels()] == 1
    assert figures["weles_versions", _labels(state="pending", language="python")] == 1
    assert figures["weles_jobs", _labels(kind="prepare", state="queued")] == 1
    assert (figures["weles_users", _labels(role="admin")], figures["weles_users", _labels(role="member")]) == (1, 1)
    assert figures["weles_model_bytes", _labels()] > 0
    assert figures["weles_job_wait_seconds", _labels()] >= 0

    assert client.delete("/api/v1/models/wine").status_code in (200, 204)
    after = _figures(client.get("/metrics").text)
    assert after["weles_models", _labels()] == 0


def test_a_token_that_only_reads_is_enough_and_a_members_is_not(
    app: Flask, client: FlaskClient, member: FlaskClient
) -> None:
    scraper = bearer(app, make_token(client, ["read"])["token"])
    assert scraper.get("/metrics").status_code == 200
    assert scraper.get("/api/v1/users").status_code == 403
    assert member.get("/metrics").status_code == 403
    assert app.test_client().get("/metrics").status_code == 401
