"""A lake in a folder and back, across databases, without an engine."""

import hashlib
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, insert, select, update

from registry import first_start, home
from registry.blobs.filesystem import FilesystemBlobs
from registry.cli import admin_commands
from registry.db.accounts import SqlAccounts
from registry.db.engine import connect
from registry.db.search import SqlSearch
from registry.db.tables import datasets, log_lines, metadata, users, versions
from registry.domain.search import Search
from registry.services.accounts import AccountService
from registry.settings import Settings
from tests.unit.db.rows import fill

CONTENT = b"a model's bytes"
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
WHEEL = hashlib.sha256(b"a wheel").hexdigest()
_DERIVED = ("search_models", "search_tags", "search_stale")


def run(*arguments: str | Path, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(admin_commands, [str(each) for each in arguments], env=environ)


def done(*arguments: str | Path, code: int = 0, environ: dict[str, str] | None = None) -> dict[str, Any]:
    result = run(*arguments, "--json", environ=environ)
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout))


def settings_of(folder: Path, url: str = "") -> Settings:
    return Settings.from_environ({"WELES_DATABASE_URL": url}, home=folder)


@pytest.fixture
def make_lake(tmp_path: Path) -> Callable[[str], Settings]:
    """A lake of rows in every table, of which one content and one package are really there."""

    def make(url: str = "") -> Settings:
        settings = settings_of(tmp_path / "lake", url)
        first_start.set_up(settings)
        engine = connect(settings.database)
        with engine.execution_options(writes=True).begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            fill(connection)
            names = {"model_blob": DIGEST, "golden_blob": None, "requirements_blob": DIGEST}
            connection.execute(update(versions).values(names))
            connection.execute(update(datasets).values(blob=DIGEST))
        engine.dispose()
        FilesystemBlobs(settings.blobs_folder).put(io.BytesIO(CONTENT))
        package = settings.packages_folder / "sha256" / WHEEL[:2] / WHEEL / "six-1.16.0-py3-none-any.whl"
        package.parent.mkdir(parents=True)
        package.write_bytes(b"a wheel")
        record = settings.packages_folder / "built" / "3.11.2" / "x.json"
        record.parent.mkdir(parents=True)
        record.write_text("{}")
        (settings.packages_folder / "incoming").mkdir(exist_ok=True)
        (settings.packages_folder / "incoming" / "half").write_bytes(b"half a w")
        return settings

    return make


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    engine = connect(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name not in _DERIVED
        }
    engine.dispose()
    return found


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_lake_is_the_same_elsewhere_whatever_its_database(
    make_lake: Callable[[str], Settings], tmp_path: Path, database_url: str, request: pytest.FixtureRequest, target: str
) -> None:
    source_url = database_url if database_url.startswith("postgresql") else ""
    settings = make_lake(source_url)
    environ = {"WELES_DATABASE_URL": source_url}
    said = done("backup", tmp_path / "b", "--no-bases", "--home", settings.home, environ=environ)
    assert (said["missing"], said["blobs"], said["packages"]) == ([], 1, 2)
    url = ""
    if target == "postgresql":
        url = _another_postgres(request)
    restored = settings_of(tmp_path / "elsewhere", url)
    done("restore", tmp_path / "b", "--home", restored.home, environ={"WELES_DATABASE_URL": url})
    assert contents(restored.database) == contents(settings.database)
    assert home.prepare(restored) != home.prepare(settings)
    with FilesystemBlobs(restored.blobs_folder).get(DIGEST) as file:
        assert file.read() == CONTENT
    packages = {each.name for each in restored.packages_folder.rglob("*") if each.is_file()}
    assert packages == {"x.json", "six-1.16.0-py3-none-any.whl"}
    _goes_on(connect(restored.database))


def _another_postgres(request: pytest.FixtureRequest) -> str:
    from sqlalchemy import create_engine, make_url, text

    server = request.getfixturevalue("postgres_server")
    name = f"restored_{hashlib.sha256(request.node.name.encode()).hexdigest()[:20]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _goes_on(engine: Engine) -> None:
    """What was restored is found, and rows are added after those that were."""
    assert [each.name for each in SqlSearch(engine).find(Search(), None).models] == ["wine"]
    AccountService(SqlAccounts(engine)).create_user("new", "correct horse", "member")
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(log_lines).values(scope="s", text="t"))
        assert connection.execute(select(log_lines.c.id).order_by(log_lines.c.id)).scalars().all() == [1, 2]
        assert connection.execute(select(users.c.id).order_by(users.c.id)).scalars().all() == [1, 2, 3]
    engine.dispose()


def test_nobody_else_can_read_a_backup(make_lake: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = make_lake("")
    done("backup", tmp_path / "b", "--no-bases", "--home", settings.home)
    modes = {each: stat.S_IMODE(each.stat().st_mode) for each in [tmp_path / "b", *(tmp_path / "b").rglob("*")]}
    assert {each for each, mode in modes.items() if mode & 0o077 and not each.is_dir()} == set()
    assert modes[tmp_path / "b"] == 0o700
    secret = settings.admin_token_file.read_bytes().strip()
    assert not any(secret in each.read_bytes() for each in modes if each.is_file())


def test_only_what_is_new_is_copied_and_what_is_gone_goes(make_lake: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = make_lake("")
    done("backup", tmp_path / "b", "--no-bases", "--home", settings.home)
    (kept,) = [each for each in (tmp_path / "b" / "blobs").rglob("*") if each.is_file()]
    before = kept.stat().st_ino
    (stray := tmp_path / "b" / "blobs" / "sha256" / "00" / ("0" * 64)).parent.mkdir()
    stray.write_bytes(b"of an older one")
    done("backup", tmp_path / "b", "--no-bases", "--home", settings.home)
    assert kept.stat().st_ino == before
    assert not stray.exists()
    assert len([*(tmp_path / "b").glob("database-*.sqlite")]) == 1


def test_a_backup_that_was_changed_is_not_restored(make_lake: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = make_lake("")
    done("backup", tmp_path / "b", "--no-bases", "--home", settings.home)
    assert done("restore", tmp_path / "b", "--check")["missing"] == []
    (blob,) = [each for each in (tmp_path / "b" / "blobs").rglob("*") if each.is_file()]
    blob.write_bytes(CONTENT.swapcase())
    assert done("restore", tmp_path / "b", "--check", code=1)["missing"] == [f"blob {DIGEST}"]
    result = run("restore", tmp_path / "b", "--home", tmp_path / "new")
    assert (result.exit_code, "was changed" in result.output) == (2, True)
    assert not (tmp_path / "new" / "lake.sqlite").exists()
    # Mended, it is restored where the first try left off.
    blob.write_bytes(CONTENT)
    done("restore", tmp_path / "b", "--home", tmp_path / "new")
    (database,) = (tmp_path / "b").glob("database-*.sqlite")
    database.write_bytes(database.read_bytes()[:-1] + b"x")
    assert run("restore", tmp_path / "b", "--home", tmp_path / "newer").exit_code == 2


def test_bytes_that_the_lake_has_lost_are_named(make_lake: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = make_lake("")
    (blob,) = [each for each in (settings.blobs_folder / "sha256").rglob("*") if each.is_file()]
    blob.unlink()
    said = done("backup", tmp_path / "b", "--no-bases", "--home", settings.home, code=3)
    assert said["missing"][0].startswith(DIGEST)


def test_nothing_is_put_over_what_is_there(make_lake: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = make_lake("")
    done("backup", tmp_path / "b", "--no-bases", "--home", settings.home)
    assert run("restore", tmp_path / "b", "--home", settings.home).exit_code == 2
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    assert run("backup", tmp_path / "photos", "--no-bases", "--home", settings.home).exit_code == 2
    assert [each.name for each in (tmp_path / "photos").iterdir()] == ["cat.jpg"]
    assert run("restore", tmp_path / "photos", "--home", tmp_path / "x").exit_code == 2


def test_a_lake_that_is_gone_can_be_taken_over(make_lake: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = make_lake("")
    done("backup", tmp_path / "b", "--no-bases", "--home", settings.home)
    done("restore", tmp_path / "b", "--keep-id", "--home", tmp_path / "again")
    assert home.prepare(settings_of(tmp_path / "again")) == home.prepare(settings)


def test_a_manifest_cannot_lead_out_of_its_folder(make_lake: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = make_lake("")
    done("backup", tmp_path / "b", "--no-bases", "--home", settings.home)
    manifest = tmp_path / "b" / "manifest.json"
    whole = json.loads(manifest.read_text())
    for change in ({"packages": {"../../x": "0"}}, {"blobs": {"sha256:../../x": 1}}, {"database": "../x"}):
        manifest.write_text(json.dumps(whole | change))
        assert run("restore", tmp_path / "b", "--home", tmp_path / "new").exit_code == 2


def test_nothing_is_freed_while_a_backup_copies(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    home.prepare(settings)
    with home.nothing_is_freed(settings), home.nothing_is_freed(settings), home.may_free(settings) as may:
        assert may is False
    with home.may_free(settings) as may:
        assert may is True
