"""The doctor and the environments over REST, on a real database and without an engine."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from builders.bases import Base
from builders.lock import Lock, LockedPackage, PackageFile
from builders.spec import EnvironmentSpec
from registry.app import create_app
from registry.db.engine import connect
from registry.db.tables import environments, versions
from registry.domain.errors.lake import BuilderUnavailable, RuntimeNotReady
from registry.domain.ports.desk import Desk
from registry.settings import Settings
from tests.unit.api.uploads import upload

FILES = Path(__file__).parents[2] / "environments" / "inputs"
ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


class FakeDoctor:
    """Resolves whatever it is asked, and says that it shares with TWO."""

    def __init__(self) -> None:
        self.asked: list[EnvironmentSpec] = []
        self.failure: Exception | None = None

    def examine(self, spec: EnvironmentSpec, base: Base) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        self.asked.append(spec)
        return {
            "ok": True,
            "base": {"language": base.language, "version": base.version, "image": base.image},
            "environment": ONE,
            "image": {"exists": False, "bytes": None},
            "packages": [{"name": "joblib", "version": "1.4.2", "kind": "wheel", "bytes": 5}],
            "libraries": [],
            "compiles": [],
            "package_bytes": 5,
            "download_bytes": 5,
            "repairs": [{"line": 0, "text": "r", "action": "rewritten", "reason": "by the resolver"}],
            "shares": {"environment": TWO, "packages": 1, "bytes": 5, "layers": 0, "layer_bytes": 0},
            "diagnosis": None,
        }


@pytest.fixture
def doctor() -> FakeDoctor:
    return FakeDoctor()


@pytest.fixture
def app(settings: Settings, desk: Desk, doctor: FakeDoctor) -> Flask:
    return create_app(settings, desk=desk, doctor=doctor)


def ask(client: FlaskClient, requirements: str, **more: Any) -> Any:
    body = {"requirements": requirements, "language_version": "3.11", **more}
    response = client.post("/api/v1/environments/resolve", json=body)
    assert response.status_code == 200, response.text
    return response.json


def test_a_verdict_has_the_repairs_of_reading_and_of_resolving(client: FlaskClient, doctor: FakeDoctor) -> None:
    verdict = ask(client, "joblib==1.4.2\npywin32==308\n")
    assert verdict["ok"] is True
    assert [each["text"] for each in verdict["repairs"]] == ["pywin32==308", "r"]
    assert verdict["base"]["version"] == "3.11.2"
    assert (verdict["note"], verdict["problems"]) == (None, [])
    assert [*map(str, doctor.asked[0].pins)] == ["joblib==1.4.2"]


def test_a_lock_file_and_another_patch_are_fine(client: FlaskClient) -> None:
    text = (FILES / "uv.lock").read_text(encoding="utf-8")
    verdict = ask(client, text, filename="uv.lock", language_version="3.11.9")
    assert "3.11.2, the nearest patch, is used" in verdict["note"]


@pytest.mark.parametrize(
    ("requirements", "more", "reason"),
    [
        ("numpy>=1\n", {}, "more than one version"),
        ("joblib==1.4.2", {"language_version": "3.8"}, "python 3.8 is not installed"),
        ("joblib==1.4.2", {"language": "cobol"}, "cobol"),
        ("[project]\nname = 'x'\n", {}, "neither"),
    ],
)
def test_what_is_wrong_with_the_environment_is_data(
    client: FlaskClient, doctor: FakeDoctor, requirements: str, more: dict[str, str], reason: str
) -> None:
    verdict = ask(client, requirements, **more)
    assert verdict["ok"] is False
    assert reason in verdict["problems"][0]["reason"]
    assert verdict["next"]
    assert doctor.asked == []


def test_what_is_wrong_with_the_lake_is_a_problem(client: FlaskClient, doctor: FakeDoctor) -> None:
    doctor.failure = BuilderUnavailable("no engine")
    body = {"requirements": "joblib==1.4.2", "language_version": "3.11"}
    response = client.post("/api/v1/environments/resolve", json=body)
    assert (response.status_code, response.json["family"]) == (503, "lake")
    assert response.headers["Retry-After"]


def test_who_asks_while_compilers_are_being_made_is_told_at_once(client: FlaskClient, doctor: FakeDoctor) -> None:
    doctor.failure = RuntimeNotReady("python 3.11.2", "making python dev from Debian bookworm")
    body = {"requirements": "joblib==1.4.2", "language_version": "3.11"}
    response = client.post("/api/v1/environments/resolve", json=body)
    assert (response.status_code, response.json["type"]) == (503, "/problems/runtime-not-ready")
    assert int(response.headers["Retry-After"]) > 0
    assert response.json["progress"] == "making python dev from Debian bookworm"


def test_a_body_that_does_not_fit_is_a_bad_request(client: FlaskClient) -> None:
    assert client.post("/api/v1/environments/resolve", json={"requirements": "x"}).status_code == 400
    assert client.post("/api/v1/environments/resolve", json={"requirements": "a" * (5 << 20)}).status_code == 400


def lock(*pins: str) -> dict[str, Any]:
    packages = []
    for pin in pins:
        name, version = pin.split("==")
        sha256 = f"{sum(map(ord, pin)):064x}"
        packages.append(LockedPackage(name, version, PackageFile(f"{name}-{version}.whl", sha256, 7), "wheel"))
    return Lock("python", "3.11.2", "linux/x86_64", tuple(packages)).to_json()


@pytest.fixture
def two_environments(client: FlaskClient, settings: Settings) -> None:
    """ONE, with a Dockerfile, is that of the administrator's model `mine`; TWO is nobody's."""
    version = upload(client, name="mine").json["version"]
    engine = connect(settings.database)
    common = {"base": {}, "state": "ready"}
    with engine.execution_options(writes=True).begin() as connection:
        one = {"lock": lock("joblib==1.4.2", "numpy==1.26.4"), "installed": {"numpy": "1.26.4"}}
        connection.execute(insert(environments).values(id=ONE, dockerfile="FROM base\n", **one, **common))
        connection.execute(insert(environments).values(id=TWO, lock=lock("joblib==1.3.0"), **common))
        connection.execute(update(versions).where(versions.c.number == version).values(environment_id=ONE))
    engine.dispose()


@pytest.mark.usefixtures("two_environments")
class TestEnvironments:
    def test_its_packages(self, client: FlaskClient) -> None:
        told = client.get(f"/api/v1/environments/{ONE}/packages").json
        assert told["packages"] == [
            {"name": "joblib", "version": "1.4.2", "kind": "wheel", "bytes": 7, "installed": None},
            {"name": "numpy", "version": "1.26.4", "kind": "wheel", "bytes": 7, "installed": "1.26.4"},
        ]
        assert told["repairs"] == []

    def test_its_dockerfile(self, client: FlaskClient) -> None:
        response = client.get(f"/api/v1/environments/{ONE}/dockerfile")
        assert (response.text, response.mimetype) == ("FROM base\n", "text/plain")
        assert client.get(f"/api/v1/environments/{TWO}/dockerfile").status_code == 404

    def test_the_differences_of_two(self, client: FlaskClient) -> None:
        told = client.get(f"/api/v1/environments/{ONE}/diff", query_string={"other": TWO}).json
        assert told["removed"] == [{"name": "numpy", "version": "1.26.4"}]
        assert told["changed"] == [{"name": "joblib", "from": "1.4.2", "to": "1.3.0"}]
        assert client.get(f"/api/v1/environments/{ONE}/diff").status_code == 400

    def test_the_other_one_must_be_theirs_to_see_too(self, client: FlaskClient, member: FlaskClient) -> None:
        client.put("/api/v1/models/mine/access", json={"visibility": "public", "users": []})
        assert member.get(f"/api/v1/environments/{ONE}/packages").status_code == 200
        response = member.get(f"/api/v1/environments/{ONE}/diff", query_string={"other": TWO})
        assert response.status_code == 404

    def test_whose_environment_it_shares_is_told_only_to_those_who_may_see_it(
        self, client: FlaskClient, member: FlaskClient
    ) -> None:
        assert ask(client, "joblib==1.4.2")["shares"]["environment"] == TWO
        assert ask(member, "joblib==1.4.2")["shares"] == {
            **{"environment": None, "packages": 1, "bytes": 5, "layers": 0, "layer_bytes": 0}
        }

    def test_a_models_requirements(self, client: FlaskClient) -> None:
        pins = client.get("/api/v1/models/mine/requirements")
        assert (pins.text, pins.mimetype) == ("joblib==1.4.2\nnumpy==1.26.4\n", "text/plain")
        declared = client.get("/api/v1/models/mine/requirements", query_string={"declared": "true"})
        assert declared.text.endswith("weles @ file:///home/ann/weles\n")

    def test_requirements_that_are_not_locked_yet(self, client: FlaskClient) -> None:
        upload(client, name="new")
        response = client.get("/api/v1/models/new/requirements")
        assert (response.status_code, response.json["type"]) == (503, "/problems/environment-not-ready")
