"""Users, logins, passwords and tokens over HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from registry import first_start
from registry.api.services import services
from registry.app import create_app
from registry.db.engine import connect
from registry.db.tables import tokens
from registry.domain.ports.desk import Desk
from registry.settings import Settings
from tests.unit.api.uploads import upload

WRONG = {"name": "ann", "password": "wrong"}
RIGHT = {"name": "ann", "password": "correct horse"}


def bearer(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def login(app: Flask, **changes: str) -> FlaskClient:
    answer = app.test_client().post("/api/v1/tokens", json={**RIGHT, **changes})
    assert answer.status_code == 201, answer.text
    return bearer(app, answer.json["token"])


def make_token(client: FlaskClient, scopes: list[str], **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/users/me/tokens", json={"label": "for a test", "scopes": scopes, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def test_users_are_made_by_administrators(client: FlaskClient, app: Flask) -> None:
    body = {"name": "bob", "password": "long enough"}
    created = client.post("/api/v1/users", json=body)
    assert created.status_code == 201
    assert bearer(app, created.json["token"]).get("/api/v1/users/me").json == {"name": "bob", "role": "member"}
    assert client.post("/api/v1/users", json=body).status_code == 409
    short = client.post("/api/v1/users", json={"name": "../x", "password": "short"})
    assert {problem["field"] for problem in short.json["problems"]} == {"name", "password"}
    assert client.post("/api/v1/users", json={**body, "name": "me"}).status_code == 400


def test_logging_in(app: Flask, member: FlaskClient) -> None:
    assert login(app).get("/api/v1/users/me").json["name"] == "ann"
    anyone = app.test_client()
    for name, password in (("ann", "wrong"), ("nobody", "correct horse"), ("admin", "")):
        assert anyone.post("/api/v1/tokens", json={"name": name, "password": password}).status_code == 401


def test_passwords_cannot_be_guessed_for_long(settings: Settings, desk: Desk, member: FlaskClient) -> None:
    app = create_app(replace(settings, login_attempts=2), desk=desk)
    guesses = [app.test_client().post("/api/v1/tokens", json=WRONG).status_code for _ in range(3)]
    assert guesses == [401] * 2 + [429]
    right = app.test_client().post("/api/v1/tokens", json=RIGHT)
    assert (right.status_code, right.json["type"]) == (429, "/problems/too-many-attempts")
    assert 0 < int(right.headers["Retry-After"]) <= 60
    other_name = app.test_client().post("/api/v1/tokens", json={**WRONG, "name": "bob"})
    assert other_name.status_code == 401
    elsewhere = app.test_client().post("/api/v1/tokens", json=RIGHT, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 201


def test_a_token_is_good_for_its_scopes(app: Flask, member: FlaskClient) -> None:
    reads, predicts = (bearer(app, make_token(member, [scope])["token"]) for scope in ("read", "predict"))
    assert upload(member).status_code == 202
    assert reads.get("/api/v1/models/wine").status_code == 200
    refused = reads.post("/api/v1/models/wine/predict", json=[{"x": 1.0}])
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/forbidden")
    assert "`predict`" in refused.json["next"]
    assert predicts.post("/api/v1/models/wine/predict", json=[{"x": 1.0}]).status_code == 503
    assert predicts.get("/api/v1/models/wine").status_code == 403
    assert upload(reads, "other").status_code == 403


def test_a_token_makes_none_that_is_good_for_more(app: Flask, member: FlaskClient) -> None:
    narrow = bearer(app, make_token(member, ["admin", "read"])["token"])
    answer = narrow.post("/api/v1/users/me/tokens", json={"label": "x", "scopes": ["read", "write"]})
    assert answer.status_code == 403
    assert "write" in answer.json["detail"]


def test_tokens_are_listed_without_their_secret_and_revoked(app: Flask, member: FlaskClient) -> None:
    made = make_token(member, ["read", "predict", "read"], days=7)
    assert made["scopes"] == ["predict", "read"]
    life = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert life == timedelta(days=7)
    listed = member.get("/api/v1/users/me/tokens").json["tokens"]
    assert [(each["label"], each["kind"]) for each in listed] == [("for a test", "personal"), ("first", "personal")]
    assert made["token"] not in str(listed)
    assert listed[0] == {key: made[key] for key in listed[0]}
    used = bearer(app, made["token"])
    used.get("/api/v1/models", buffered=True)
    assert member.get("/api/v1/users/me/tokens").json["tokens"][0]["last_used_at"] is not None
    assert member.delete(f"/api/v1/users/me/tokens/{made['id']}").status_code == 204
    assert used.get("/api/v1/models").status_code == 401
    for wrong in (made["id"], "%", "_" * 12, "f" * 64):
        assert member.delete(f"/api/v1/users/me/tokens/{wrong}").status_code == 404


def test_nobody_revokes_anothers_token(client: FlaskClient, member: FlaskClient) -> None:
    made = make_token(member, ["read"])
    assert client.delete(f"/api/v1/users/me/tokens/{made['id']}").status_code == 404


def test_tokens_expire(app: Flask, member: FlaskClient, settings: Settings) -> None:
    made = make_token(member, ["read"])
    engine = connect(settings.database)
    with engine.execution_options(writes=True).begin() as connection:
        late = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(tokens).where(tokens.c.label == "for a test").values(expires_at=late))
    engine.dispose()
    assert bearer(app, made["token"]).get("/api/v1/models").status_code == 401
    assert made["id"] not in str(member.get("/api/v1/users/me/tokens").json)


@pytest.mark.parametrize(
    "body",
    [
        {"label": "", "scopes": ["read"]},
        {"label": "x", "scopes": []},
        {"label": "x", "scopes": ["everything"]},
        {"label": "x", "scopes": ["read"], "days": 0},
        {"label": "x"},
    ],
)
def test_tokens_that_cannot_be_made(member: FlaskClient, body: dict[str, Any]) -> None:
    assert member.post("/api/v1/users/me/tokens", json=body).status_code == 400


def test_a_new_password_ends_the_other_logins(app: Flask, member: FlaskClient) -> None:
    here, elsewhere = login(app), login(app)
    personal = bearer(app, make_token(member, ["read"])["token"])
    path = "/api/v1/users/me/password"
    assert here.put(path, json={"old": "wrong", "new": "battery staple"}).status_code == 401
    assert here.put(path, json={"old": "correct horse", "new": "short"}).status_code == 400
    assert here.put(path, json={"old": "correct horse", "new": "battery staple"}).status_code == 204
    assert [each.get("/api/v1/users/me").status_code for each in (here, elsewhere, personal)] == [200, 401, 200]
    assert app.test_client().post("/api/v1/tokens", json=RIGHT).status_code == 401
    login(app, password="battery staple")


def test_administrators_look_after_users(app: Flask, client: FlaskClient, member: FlaskClient) -> None:
    assert [each["name"] for each in client.get("/api/v1/users").json["users"]] == ["admin", "ann"]
    path = "/api/v1/users/ann"
    disabled = client.patch(path, json={"disabled": True})
    assert disabled.json["disabled_at"] is not None
    assert member.get("/api/v1/users/me").status_code == 401
    assert app.test_client().post("/api/v1/tokens", json=RIGHT).status_code == 401
    assert client.patch(path, json={"disabled": False, "role": "admin"}).json["disabled_at"] is None
    assert member.get("/api/v1/users").status_code == 200
    logged_in = login(app)
    assert client.patch(path, json={"role": "member", "password": "battery staple"}).json["role"] == "member"
    assert (member.get("/api/v1/users/me").status_code, logged_in.get("/api/v1/users/me").status_code) == (200, 401)
    assert client.get("/api/v1/users/nobody").status_code == 404


def test_a_lake_keeps_an_administrator(client: FlaskClient) -> None:
    for answer in (
        client.patch("/api/v1/users/admin", json={"disabled": True}),
        client.patch("/api/v1/users/admin", json={"role": "member"}),
        client.delete("/api/v1/users/admin"),
    ):
        assert (answer.status_code, answer.json["next"]) == (400, "Ask another administrator.")


def test_who_owns_something_is_not_deleted(client: FlaskClient, member: FlaskClient) -> None:
    assert upload(member).status_code == 202
    refused = client.delete("/api/v1/users/ann")
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/in-use")
    assert member.get("/api/v1/users/me").status_code == 200


def test_who_owns_nothing_is_deleted_with_their_tokens(app: Flask, client: FlaskClient, member: FlaskClient) -> None:
    upload(client)
    assert client.put("/api/v1/models/wine/access", json={"visibility": "shared", "users": ["ann"]}).status_code == 200
    assert client.delete("/api/v1/users/ann").status_code == 204
    assert member.get("/api/v1/users/me").status_code == 401
    assert client.get("/api/v1/models/wine/access").json == {"visibility": "shared", "users": []}
    assert client.delete("/api/v1/users/ann").status_code == 404


def test_a_token_that_is_in_use_is_written_down_seldom(app: Flask, member: FlaskClient) -> None:
    writes = []
    with app.app_context():
        accounts = services().accounts
        caller = accounts.authenticate(member.environ_base["HTTP_AUTHORIZATION"].partition(" ")[2])
        accounts._accounts.note_use = writes.append  # type: ignore[method-assign]
        for _ in range(5):
            accounts.note_use(caller)
    assert writes == [caller.token]


def test_the_first_administrator_is_whom_the_settings_name(tmp_path: Path, desk: Desk) -> None:
    named = {"WELES_ADMIN_NAME": "root", "WELES_ADMIN_PASSWORD": "correct horse"}
    settings = Settings.from_environ(named, home=tmp_path / "named")
    assert first_start.set_up(settings)
    client = create_app(settings, desk=desk).test_client()
    login = client.post("/api/v1/tokens", json={"name": "root", "password": "correct horse"})
    assert login.status_code == 201, login.text
    for token in (login.json["token"], settings.admin_token_file.read_text().strip()):
        me = client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}).json
        assert (me["name"], me["role"]) == ("root", "admin")
    # Whoever is there already stays who they are.
    assert not first_start.set_up(Settings.from_environ({"WELES_ADMIN_NAME": "other"}, home=tmp_path / "named"))
    assert client.post("/api/v1/tokens", json={"name": "other", "password": "correct horse"}).status_code == 401
