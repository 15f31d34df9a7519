"""Every step of the migrations, on a database with rows in every table that the step before had.

The rows are in `rows.py`. What a step is meant to change of them, or to make of them, is said here in `STEPS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from registry.db import engine as engines
from registry.db import search_index
from registry.db.access import SqlAccess
from registry.db.accounts import SqlAccounts
from registry.db.datasets import SqlDatasets
from registry.db.environments import SqlEnvironments
from registry.db.jobs import SqlJobs
from registry.db.models import SqlModels
from registry.db.search import SqlSearch
from registry.db.tables import metadata
from registry.domain.access import EVERY_SCOPE, Right, Thing, rights
from registry.domain.entities import State
from registry.domain.ranges import Interval
from registry.domain.search import Search
from registry.domain.version_ref import VersionRef
from tests.unit.db.rows import DATASET, ENVIRONMENT, RESOLUTION, ROWS, TOKEN, fill, left


@dataclass(frozen=True)
class Step:
    """`changes`: the columns of rows of before that the step gives new values; `check`: what it made of them."""

    changes: set[tuple[str, str]] = field(default_factory=set)
    check: Callable[[Connection], None] = lambda connection: None


def _what_was_everybodys_is_public(connection: Connection) -> None:
    for table in ("models", "dataset_aliases"):
        assert [*connection.execute(text(f"SELECT visibility FROM {table}")).scalars()] == ["public"]
    found = connection.execute(text("SELECT label, kind, scopes FROM tokens ORDER BY label"))
    every = "admin predict read write"
    assert [tuple(row) for row in found] == [("first", "personal", every), ("login", "login", every)]


def _datasets_know_how_many_columns_they_have(connection: Connection) -> None:
    assert connection.execute(text("SELECT columns FROM datasets")).scalar_one() == 2


def _models_have_the_texts_of_their_newest_version(connection: Connection) -> None:
    found = connection.execute(text("SELECT description, last_number FROM models")).one()
    assert tuple(found) == ("second", 2)
    assert connection.execute(text("SELECT count(DISTINCT content_hash) FROM versions")).scalar_one() == 1
    assert connection.execute(text("SELECT count(*) FROM versions WHERE content_hash = ''")).scalar_one() == 0


def _models_that_were_there_are_found(connection: Connection) -> None:
    assert [*connection.execute(text("SELECT model FROM search_models")).scalars()] == ["wine"]
    assert connection.execute(text("SELECT count(*) FROM search_text")).scalar_one() == 1
    assert connection.execute(text("SELECT count(*) FROM search_stale")).scalar_one() == 0


def _jobs_belong_to_the_models_owner(connection: Connection) -> None:
    assert connection.execute(text("SELECT owner_id FROM jobs")).scalar_one() == 1


STEPS = {
    "0002": Step(check=_what_was_everybodys_is_public),
    "0003": Step(check=_datasets_know_how_many_columns_they_have),
    "0004": Step(check=_models_have_the_texts_of_their_newest_version),
    "0005": Step(check=_models_that_were_there_are_found),
    "0006": Step(check=_jobs_belong_to_the_models_owner),
    "0007": Step(),
    "0008": Step(),
    "0009": Step(),
    "0010": Step(),
    "0011": Step(),
    "0012": Step(),
    "0013": Step(),
}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(engines.__file__).with_name("migrations")))
    return config


def _upgrade(engine: Engine, revision: str) -> None:
    config = _config()
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _before() -> dict[str, str]:
    """Each step's revision and the one before it."""
    walked = ScriptDirectory.from_config(_config()).walk_revisions()
    return {each.revision: str(each.down_revision) for each in walked if each.down_revision}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engines.connect(database_url)
    yield engine
    engine.dispose()


def test_every_step_is_tested() -> None:
    assert set(STEPS) == set(_before())


def test_every_table_has_rows() -> None:
    # The search index is made of the others.
    assert set(ROWS) == {name for name in metadata.tables if not name.startswith("search_")}


@pytest.mark.parametrize("revision", STEPS)
def test_a_step_loses_nothing(engine: Engine, revision: str) -> None:
    step = STEPS[revision]
    _upgrade(engine, _before()[revision])
    with engine.execution_options(writes=True).begin() as connection:
        put = fill(connection)
    _upgrade(engine, revision)
    with engine.connect() as connection:
        found = left(connection, put)
        for table, rows in put.items():
            same = [name for name in found[table][0] if (table, name) not in step.changes]
            assert _only(same, found[table]) == _only(same, rows), table
        step.check(connection)
    _upgrade(engine, "head")
    _require_readable(engine)


def test_the_rows_are_readable_at_head(engine: Engine) -> None:
    """So that what cannot be read after a step is the step's fault."""
    _upgrade(engine, "head")
    with engine.execution_options(writes=True).begin() as connection:
        fill(connection)
    _require_readable(engine)


def _only(columns: list[str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in columns} for row in rows]


def _require_readable(engine: Engine) -> None:
    """The repositories read all that the lake of before had kept."""
    accounts = SqlAccounts(engine)
    caller = accounts.caller(TOKEN)
    assert caller is not None
    assert (caller.user.name, caller.scopes) == ("ann", EVERY_SCOPE)
    assert [each.name for each in accounts.accounts()] == ["ann", "bob"]
    assert [each.label for each in accounts.tokens(1)] == ["first"]
    models = SqlModels(engine)
    ready, failed = (models.version("wine", VersionRef(number=number)) for number in (1, 2))
    assert (ready.state, ready.environment_id, failed.state) == (State.READY, ENVIRONMENT, State.FAILED)
    assert failed.problem is not None
    assert [(each.name, each.version) for each in SqlSearch(engine).find(Search(), caller.user).models] == [("wine", 1)]
    datasets = SqlDatasets(engine)
    assert (datasets.get(DATASET).rows, datasets.get(DATASET).columns) == (2**40, 2)
    assert [each.name for each in datasets.aliases(DATASET, caller.user)] == ["wines"]
    environments = SqlEnvironments(engine)
    assert environments.environment(ENVIRONMENT).image_bytes == 2**40
    assert environments.resolution(RESOLUTION).attempt == 2
    jobs = SqlJobs(engine)
    assert (jobs.get("j" * 32).model, jobs.get("j" * 32).owner) == ("wine", "ann")
    assert jobs.log_after("j" * 32, 0) == [(1, "a line")]
    standing = SqlAccess(engine).standing(Thing.MODEL, "wine", 2)
    assert Right.USE in rights(standing, None)


def test_words_of_before_know_the_facets(engine: Engine) -> None:
    """A search for words and a state finds models whose words were kept before states were among them."""
    _upgrade(engine, _before()["0013"])
    with engine.execution_options(writes=True).begin() as connection:
        fill(connection)
        search_index.refresh(connection)
        if engine.dialect.name == "postgresql":
            connection.execute(text("UPDATE search_text SET vector = to_tsvector('simple', 'wine')"))
    _upgrade(engine, "head")
    caller = SqlAccounts(engine).caller(TOKEN)
    assert caller is not None
    for classes, found in ((2, ["wine"]), (3, [])):
        asked = Search(words=("wine",), state=State.READY, language="python", classes=Interval(classes, classes))
        assert [each.name for each in SqlSearch(engine).find(asked, caller.user).models] == found


def test_tables_of_a_newer_lake_are_left_as_they_are(engine: Engine) -> None:
    engines.upgrade(engine)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engines.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
