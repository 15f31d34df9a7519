"""`weles-admin setup` and `doctor` without an engine: a lake made ready, and what is wrong with one."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, text

from registry import first_start
from registry.blobs.filesystem import FilesystemBlobs
from registry.cli import admin_commands
from registry.db.accounts import SqlAccounts
from registry.db.engine import connect
from registry.db.tables import datasets
from registry.risks import risks
from registry.services.accounts import AccountService
from registry.settings import Settings

# docker-py leaves its socket open when nobody listens on the other end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
NOWHERE = {"WELES_DOCKER_HOST": "unix:///nowhere/docker.sock"}


def run(*arguments: str | Path, stdin: str | None = None, **environ: str) -> Result:
    return CliRunner().invoke(admin_commands, [str(each) for each in arguments], input=stdin, env=NOWHERE | environ)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings.from_environ({}, home=tmp_path / "lake")
    first_start.set_up(settings)
    return settings


def doctor(settings: Settings, **environ: str) -> dict[str, dict[str, Any]]:
    done = run("doctor", "--json", "--home", settings.home, **environ)
    # Without an engine a lake cannot work.
    assert done.exit_code == 1, done.output
    return {each["what"]: each for each in json.loads(done.stdout)["checks"]}


def test_a_lake_is_set_up_without_a_question(tmp_path: Path) -> None:
    home = tmp_path / "lake"
    done = run("setup", "--home", home, "--admin", "root", "--password-stdin", stdin="correct horse\n")
    assert (done.exit_code, "A new lake" in done.output) == (0, True), done.output
    assert "correct horse" not in done.output
    engine = connect(Settings.from_environ({}, home=home).database)
    accounts = AccountService(SqlAccounts(engine))
    accounts.log_in("root", "correct horse")
    # Again: what is there stays.
    again = run("setup", "--home", home, "--password-stdin", stdin="another one\n")
    assert (again.exit_code, "up to date" in again.output) == (0, True)
    accounts.log_in("root", "correct horse")
    engine.dispose()


def test_interpreters_that_cannot_be_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = run("setup", "--home", tmp_path / "lake", "--runtime", "cobol 85")
    assert (done.exit_code, "cobol" in done.output) == (2, True)
    assert run("setup", "--home", tmp_path / "lake", WELES_RUNTIMES="cobol 85").exit_code == 2
    assert not (tmp_path / "lake").exists()


def test_the_doctor_says_what_is_there(settings: Settings) -> None:
    found = doctor(settings)
    assert found["engine"]["verdict"] == "bad"
    assert "Docker Engine" in found["engine"]["next"]
    verdicts = {what: found[what]["verdict"] for what in ("home", "database", "stored contents", "package store")}
    assert set(verdicts.values()) == {"ok"}, found
    assert found["worker"]["found"] == "does not run"


def test_bytes_that_were_lost_or_changed_are_found(settings: Settings) -> None:
    blobs, engine = FilesystemBlobs(settings.blobs_folder), connect(settings.database)
    digests = [blobs.put(io.BytesIO(content))[0] for content in (b"kept", b"lost", b"changed")]
    with engine.execution_options(writes=True).begin() as connection:
        for digest in digests:
            row = {"hash": digest, "blob": digest, "rows": 1, "columns": 1, "schema": []}
            connection.execute(insert(datasets).values(row))
    engine.dispose()
    assert doctor(settings)["stored contents"]["found"].startswith("3 are there; 3 were read")
    (settings.blobs_folder / "sha256" / digests[1][7:9] / digests[1][7:]).unlink()
    changed = settings.blobs_folder / "sha256" / digests[2][7:9] / digests[2][7:]
    changed.chmod(0o644)
    changed.write_bytes(b"CHANGED")
    found = doctor(settings)["stored contents"]
    assert (found["verdict"], found["found"].startswith("2 of 3")) == ("bad", True)


def test_packages_that_were_changed_are_found(settings: Settings) -> None:
    package = settings.packages_folder / "sha256" / "ab" / ("ab" * 32) / "x-1-py3-none-any.whl"
    package.parent.mkdir(parents=True)
    package.write_bytes(b"not what its hash says")
    found = doctor(settings)["package store"]
    assert (found["verdict"], "x-1-py3-none-any.whl" in found["found"]) == ("bad", True)


def test_a_database_of_another_version_and_a_home_that_others_read_are_found(settings: Settings) -> None:
    engine = connect(settings.database)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    settings.home.chmod(0o755)
    found = doctor(settings)
    assert (found["database"]["verdict"], "upgrade" in found["database"]["next"]) == ("bad", True)
    assert found["home"]["verdict"] == "bad"


def test_settings_have_risks() -> None:
    safe = Settings.from_environ({"WELES_DISK_HIGH": "85%"})
    assert risks(safe, 64 << 30) == []
    risky = {
        "WELES_HOST": "0.0.0.0",
        "WELES_ANONYMOUS": "true",
        "WELES_ADMIN_PASSWORD": "correct horse",
        "WELES_DOCKER_HOST": "tcp://10.0.0.1:2375",
        "WELES_BUILDER": "tcp://10.0.0.1:1234",
        "WELES_MAX_CONTAINERS": "100",
        "WELES_LOGIN_ATTEMPTS": "1000",
        "WELES_GRACE_SECONDS": "0",
        "WELES_DISK_HIGH": "",
    }
    found = risks(Settings.from_environ({**risky, "WELES_IMAGE_REGISTRY": "registry.example"}), 64 << 30)
    assert {each.variable for each in found} == risky.keys()
    assert "correct horse" not in repr(found)
    behind_a_proxy = Settings.from_environ(
        {"WELES_HOST": "0.0.0.0", "WELES_PUBLIC_URL": "https://lake.example", "WELES_DISK_HIGH": "1TB"}
    )
    assert risks(behind_a_proxy, 64 << 30) == []
