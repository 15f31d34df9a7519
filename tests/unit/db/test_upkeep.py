"""What is remembered of environments, on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from registry.db.engine import connect, upgrade
from registry.db.tables import environment_upkeep, jobs, models, prunings, versions
from registry.db.upkeep import SqlUpkeep
from registry.domain.entities import State, now
from registry.domain.errors.state import NotFound
from registry.domain.upkeep import Pruning, UsedBy
from tests.unit.db.rows import ENVIRONMENT, fill


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    upgrade(engine)
    with engine.execution_options(writes=True).begin() as connection:
        fill(connection)
        for table in (environment_upkeep, prunings):
            connection.execute(table.delete())
    yield engine
    engine.dispose()


def change(engine: Engine, table: object, **values: object) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(table).values(**values))  # type: ignore[arg-type]


def test_an_environment_that_nobody_has_used(engine: Engine) -> None:
    (found,) = SqlUpkeep(engine).records()
    assert (found.id, found.language, found.uses, found.pinned, found.at_work) == (
        *(ENVIRONMENT, "python 3.11.2", 0, False, False),
    )
    assert (found.used_at, found.built_at, found.build_seconds) == (None, None, None)
    assert found.versions == (UsedBy("wine", 1, State.READY), UsedBy("wine", 2, State.FAILED))


def test_uses_are_counted_and_the_last_is_kept(engine: Engine) -> None:
    upkeep, at = SqlUpkeep(engine), now()
    upkeep.used(ENVIRONMENT, at - timedelta(days=1), 1)
    upkeep.used(ENVIRONMENT, at, 1)
    upkeep.used(ENVIRONMENT, at - timedelta(hours=1))
    upkeep.built(ENVIRONMENT, 12.5)
    (found,) = upkeep.records()
    assert (found.uses, found.used_at, found.build_seconds) == (2, at, 12.5)


def test_pins(engine: Engine) -> None:
    upkeep = SqlUpkeep(engine)
    upkeep.pin(ENVIRONMENT, True)
    assert upkeep.records()[0].pinned is True
    upkeep.pin(ENVIRONMENT, False)
    assert upkeep.records()[0].pinned is False
    with pytest.raises(NotFound):
        upkeep.pin("sha256:" + "0" * 64, True)


def test_what_is_deleted_needs_no_image_and_what_a_job_waits_for_does(engine: Engine) -> None:
    upkeep = SqlUpkeep(engine)
    change(engine, versions, deleted_at=now())
    assert upkeep.records()[0].versions == ()
    change(engine, versions, deleted_at=None)
    change(engine, models, deleted_at=now())
    assert upkeep.records()[0].versions == ()
    change(engine, models, deleted_at=None)
    # One that is being prepared is not on its environment yet.
    change(engine, versions, environment_id=None)
    change(engine, jobs, state="queued")
    (found,) = upkeep.records()
    assert (found.at_work, len(found.versions)) == (True, 2)


def test_prunings_are_kept(engine: Engine) -> None:
    upkeep = SqlUpkeep(engine)
    for reason in ("first", "second"):
        upkeep.add_prunings([Pruning(ENVIRONMENT, now(), reason, 2**40, None, ("wine/1",))])
    upkeep.add_prunings([])
    assert [each.reason for each in upkeep.prunings(2)] == ["second", "first"]
    assert upkeep.prunings(1)[0].models == ("wine/1",)
