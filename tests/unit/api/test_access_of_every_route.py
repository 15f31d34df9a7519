"""Every route of the application, tried by everybody. A route that is not in the table here makes the test fail."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from registry.api import guard
from registry.api.rules import RULES
from registry.api.services import services
from registry.app import create_app
from registry.db.engine import connect
from registry.db.tables import environments, versions
from registry.domain.access import Audience, Scope, Visibility
from registry.domain.entities import Explanation, now
from registry.domain.ports.desk import Desk
from registry.settings import Settings
from tests.unit.api.uploads import upload

ENVIRONMENT = "sha256:" + "e" * 64
CALLERS = ("nobody", "stranger", "guest", "owner", "admin", "owner to read", "owner to predict", "admin to read")

# What the guard answers each caller; 200: it lets them in.
ANYONE = (200, 200, 200, 200, 200, 200, 200, 200)
USER_READ = (401, 200, 200, 200, 200, 200, 403, 200)
USER_WRITE = (401, 200, 200, 200, 200, 403, 403, 403)
USER_ACCOUNT = USER_WRITE
ADMIN = (401, 403, 403, 403, 200, 403, 403, 403)
ADMIN_READ = (401, 403, 403, 403, 200, 403, 403, 200)
SEE = (401, 404, 200, 200, 200, 200, 403, 200)
USE = (401, 404, 200, 200, 200, 403, 200, 403)
OWN = (401, 404, 403, 200, 200, 200, 403, 200)
ALONE = (401, 404, 404, 200, 200, 200, 403, 200)
NAME = (401, 404, 200, 200, 200, 403, 403, 403)
CHANGE = (401, 404, 403, 200, 200, 403, 403, 403)

EXPECTED = {
    ("GET", "/openapi.json"): ANYONE,
    ("GET", "/docs"): ANYONE,
    ("GET", "/docs/start.js"): ANYONE,
    ("GET", "/docs/<asset>"): ANYONE,
    ("GET", "/metrics"): ADMIN_READ,
    ("GET", "/api/v1/health"): ANYONE,
    ("GET", "/api/v1/runtimes"): USER_READ,
    ("GET", "/api/v1/environments/<environment_id>"): SEE,
    ("POST", "/api/v1/environments/resolve"): USER_WRITE,
    ("GET", "/api/v1/environments/<environment_id>/packages"): SEE,
    ("GET", "/api/v1/environments/<environment_id>/dockerfile"): SEE,
    ("GET", "/api/v1/environments/<environment_id>/diff"): SEE,
    ("GET", "/api/v1/models/<name>/requirements"): SEE,
    ("GET", "/api/v1/models/<name>/warm"): SEE,
    ("PUT", "/api/v1/models/<name>/warm"): CHANGE,
    ("POST", "/api/v1/tokens"): ANYONE,
    ("GET", "/api/v1/users"): ADMIN,
    ("POST", "/api/v1/users"): ADMIN,
    ("GET", "/api/v1/users/<user_name>"): ADMIN,
    ("PATCH", "/api/v1/users/<user_name>"): ADMIN,
    ("DELETE", "/api/v1/users/<user_name>"): ADMIN,
    ("GET", "/api/v1/users/me"): USER_READ,
    ("PUT", "/api/v1/users/me/password"): USER_ACCOUNT,
    ("GET", "/api/v1/users/me/tokens"): USER_ACCOUNT,
    ("POST", "/api/v1/users/me/tokens"): USER_ACCOUNT,
    ("DELETE", "/api/v1/users/me/tokens/<token_id>"): USER_ACCOUNT,
    ("POST", "/api/v1/datasets"): USER_WRITE,
    ("GET", "/api/v1/datasets/<content_hash>"): SEE,
    ("GET", "/api/v1/datasets/<content_hash>/head"): SEE,
    ("GET", "/api/v1/datasets/<content_hash>/info"): SEE,
    ("POST", "/api/v1/datasets/<content_hash>/aliases"): NAME,
    ("PATCH", "/api/v1/datasets/<content_hash>/aliases/<path:alias>"): CHANGE,
    ("DELETE", "/api/v1/datasets/<content_hash>/aliases/<path:alias>"): CHANGE,
    ("GET", "/api/v1/datasets/<content_hash>/access"): OWN,
    ("PUT", "/api/v1/datasets/<content_hash>/access"): CHANGE,
    ("GET", "/api/v1/models"): USER_READ,
    ("POST", "/api/v1/models"): USER_WRITE,
    ("GET", "/api/v1/models/<name>"): SEE,
    ("PATCH", "/api/v1/models/<name>"): CHANGE,
    ("DELETE", "/api/v1/models/<name>"): CHANGE,
    ("POST", "/api/v1/models/<name>/restore"): CHANGE,
    # What is in it is one's own.
    ("GET", "/api/v1/deleted"): USER_READ,
    ("GET", "/api/v1/models/<name>/card"): SEE,
    ("PUT", "/api/v1/models/<name>/card"): CHANGE,
    ("GET", "/api/v1/models/<name>/file"): SEE,
    ("GET", "/api/v1/models/<name>/aliases"): SEE,
    ("GET", "/api/v1/models/<name>/aliases/<alias>"): SEE,
    ("PUT", "/api/v1/models/<name>/aliases/<alias>"): CHANGE,
    ("DELETE", "/api/v1/models/<name>/aliases/<alias>"): CHANGE,
    ("GET", "/api/v1/models/<name>/versions"): SEE,
    ("GET", "/api/v1/models/<name>/versions/<version>"): SEE,
    ("DELETE", "/api/v1/models/<name>/versions/<version>"): CHANGE,
    ("POST", "/api/v1/models/<name>/versions/<version>/restore"): CHANGE,
    # What is found is filtered by who asks.
    ("GET", "/api/v1/versions/<version_hash>"): USER_READ,
    ("GET", "/v/<digits>"): ANYONE,
    ("GET", "/api/v1/models/<name>/access"): OWN,
    ("PUT", "/api/v1/models/<name>/access"): CHANGE,
    ("POST", "/api/v1/models/<name>/predict"): USE,
    ("POST", "/api/v1/models/<name>/invocations"): USE,
    ("GET", "/api/v1/models/<name>/ping"): USE,
    ("GET", "/api/v1/models/<name>/version"): USE,
    ("GET", "/v2"): ANYONE,
    ("GET", "/v2/health/live"): ANYONE,
    ("GET", "/v2/health/ready"): ANYONE,
    ("GET", "/v2/models/<name>"): USE,
    ("GET", "/v2/models/<name>/ready"): USE,
    ("POST", "/v2/models/<name>/infer"): USE,
    ("GET", "/v2/models/<name>/versions/<version>"): USE,
    ("GET", "/v2/models/<name>/versions/<version>/ready"): USE,
    ("POST", "/v2/models/<name>/versions/<version>/infer"): USE,
    ("POST", "/api/v1/models/<name>/predictions"): USE,
    ("GET", "/api/v1/models/<name>/audits"): SEE,
    ("POST", "/api/v1/models/<name>/audits"): USE,
    # What is found is filtered by who asks.
    ("GET", "/api/v1/audits"): USER_READ,
    ("GET", "/api/v1/measures"): USER_READ,
    ("GET", "/api/v1/models/<name>/explanations"): SEE,
    ("POST", "/api/v1/models/<name>/explanations"): USE,
    ("GET", "/api/v1/explanations/<explanation_id>"): ALONE,
    ("GET", "/api/v1/jobs"): USER_READ,
    ("DELETE", "/api/v1/jobs/<job_id>"): CHANGE,
    ("POST", "/api/v1/jobs/<job_id>/retry"): CHANGE,
    ("GET", "/api/v1/jobs/<job_id>"): SEE,
    ("GET", "/api/v1/jobs/<job_id>/log"): SEE,
}


class World:
    """A lake in which `ann` (the owner) has a model `wine`, which she shares with `guest`."""

    def __init__(self, app: Flask, admin: FlaskClient) -> None:
        self.app = app
        self.admin = admin
        tokens = {"nobody": None, "admin": admin.environ_base["HTTP_AUTHORIZATION"].partition(" ")[2]}
        with app.app_context():
            accounts = services().accounts
            for name in ("stranger", "guest", "owner"):
                _, tokens[name] = accounts.create_user(name, "correct horse")
            for name, whose, scope in (
                ("owner to read", "owner", Scope.READ),
                ("owner to predict", "owner", Scope.PREDICT),
                ("admin to read", "admin", Scope.READ),
            ):
                tokens[name], _ = accounts.create_token(accounts.authenticate(tokens[whose] or ""), name, [scope], None)
        self.headers = {name: {"Authorization": f"Bearer {token}"} if token else {} for name, token in tokens.items()}
        owner = app.test_client()
        owner.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens['owner']}"
        job = upload(owner).json["job"]
        content_hash = owner.get("/api/v1/models/wine").json["dataset"]["hash"]
        self.values = {
            **{"name": "wine", "content_hash": content_hash, "job_id": job, "environment_id": ENVIRONMENT},
            **{"explanation_id": self._explained(app), "user_name": "guest", "token_id": "0" * 12},
            **{"version": "1", "alias": "production", "version_hash": "sha256:" + "0" * 64, "digits": "0" * 64},
            "asset": "swagger-ui.css",
        }
        self.share(Audience(Visibility.SHARED, ("guest",)))

    def _explained(self, app: Flask) -> str:
        """An explanation that the owner has asked for."""
        with app.app_context():
            version, owner = services().models.version("wine"), services().accounts.user("owner")
            made = Explanation("e" * 32, version.id, "wine", 1, "owner", owner.id, {}, {}, now())
            services().explanations.add(made, {})
        return made.id

    def share(self, audience: Audience) -> None:
        with self.app.app_context():
            access = services().access
            access.share_model("wine", audience)
            user = services().accounts.authenticate(self.headers["owner"]["Authorization"][7:]).user
            access.share_aliases(user, self.values["content_hash"], audience)

    def answers(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """What every caller is answered at every route. The views are not run: the guard is what is asked."""
        for endpoint in self.app.view_functions:
            self.app.view_functions[endpoint] = lambda **_: "let in"
        found, client = {}, self.app.test_client()
        for rule in self.app.url_map.iter_rules():
            path = rule.rule
            for variable in rule.arguments:
                path = path.replace(f"<{variable}>", self.values[variable]).replace(
                    f"<path:{variable}>", self.values[variable]
                )
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found[method, rule.rule] = tuple(
                    client.open(path, method=method, headers=self.headers[caller]).status_code for caller in CALLERS
                )
        return found


@pytest.fixture
def world(app: Flask, client: FlaskClient, settings: Settings) -> World:
    made = World(app, client)
    engine = connect(settings.database)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(environments).values(id=ENVIRONMENT, lock={}, base={}, state="ready"))
        connection.execute(update(versions).values(environment_id=ENVIRONMENT))
    engine.dispose()
    return made


def test_every_route_lets_in_whom_it_should(world: World) -> None:
    assert world.answers() == EXPECTED


def test_what_is_public_is_for_every_user(world: World) -> None:
    world.share(Audience(Visibility.PUBLIC))
    as_guest = {
        route: (expected[0], expected[2], *expected[2:]) if 404 in expected else expected
        for route, expected in EXPECTED.items()
    }
    assert world.answers() == as_guest


@pytest.fixture
def open_lake(desk: Desk, settings: Settings) -> Callable[[], FlaskClient]:
    app = create_app(Settings.from_environ({"WELES_ANONYMOUS": "true"}, home=settings.home), desk=desk)
    return app.test_client


def test_an_open_lake_lets_anyone_read_and_call_what_is_public(
    world: World, open_lake: Callable[[], FlaskClient]
) -> None:
    def statuses() -> dict[str, int]:
        client, paths = open_lake(), ("models/wine", f"datasets/{world.values['content_hash']}", "runtimes")
        read = {path.partition("/")[0]: client.get(f"/api/v1/{path}").status_code for path in paths}
        return {
            **read,
            "predict": client.post("/api/v1/models/wine/predict", json=[{"x": 1.0}]).status_code,
            "upload": upload(client, "other").status_code,
            "share": client.put("/api/v1/models/wine/access", json={"visibility": "private"}).status_code,
        }

    denied = {"upload": 401, "share": 401}
    assert statuses() == {**denied, "models": 404, "datasets": 404, "runtimes": 200, "predict": 404}
    assert open_lake().get("/api/v1/models").json["models"] == []
    world.share(Audience(Visibility.PUBLIC))
    # 503: it is still being prepared, and says so.
    assert statuses() == {**denied, "models": 200, "datasets": 200, "runtimes": 200, "predict": 503}
    assert [each["name"] for each in open_lake().get("/api/v1/models").json["models"]] == ["wine"]
    wrong = open_lake().get("/api/v1/models/wine", headers={"Authorization": "Bearer nonsense"})
    assert wrong.status_code == 401


def test_head_goes_by_gets_rule(world: World) -> None:
    statuses = [
        world.app.test_client().head("/api/v1/models/wine", headers=world.headers[caller]).status_code
        for caller in ("nobody", "stranger", "guest", "owner to predict")
    ]
    assert statuses == [401, 404, 200, 403]


def test_a_route_without_a_rule_does_not_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RULES, ("models.OneModel", "GET"))
    with pytest.raises(LookupError, match=r"models\.OneModel"):
        guard.install(app)


def test_no_rule_without_a_route(app: Flask) -> None:
    routes: set[Any] = {
        (rule.endpoint, method) for rule in app.url_map.iter_rules() for method in rule.methods or set()
    }
    assert set(RULES) <= routes
