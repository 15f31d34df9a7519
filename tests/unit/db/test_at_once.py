"""What several processes ask of one database at the same moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from registry import first_start
from registry.db.engine import connect, upgrade
from registry.db.jobs import SqlJobs
from registry.db.tables import kept_warm
from registry.db.warmth import SqlWarmth
from registry.domain.entities import JobKind
from registry.domain.errors.state import TooManyKept
from registry.domain.ports.jobs import NewJob
from registry.settings import Settings
from tests import stores
from tests.contract.catalogue import Catalogue

MANY = 6


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each gave, or raised."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return [*threads.map(run, calls)]


def test_the_same_wish_is_one_job(engine: Engine) -> None:
    version, jobs = Catalogue(engine).model("wine"), SqlJobs(engine)

    def ask(name: str) -> Callable[[], str]:
        return lambda: jobs.add(NewJob(name, JobKind.AUDIT, version, 1, {"measures": ["auc"]}))

    for round_ in range(5):
        given = at_once(*(ask(f"{round_}-{number}") for number in range(MANY)))
        assert len({*given}) == 1, given


def test_no_more_are_kept_warm_than_may_be(engine: Engine) -> None:
    catalogue, warmth = Catalogue(engine), SqlWarmth(engine)
    names = [f"wine-{number}" for number in range(MANY)]
    for name in names:
        catalogue.model(name)
    for _ in range(5):
        # Each of them twice: the second time it is kept already, and that is no error.
        given = at_once(*(lambda name=name: warmth.keep(name, None, 2) for name in names * 2))  # type: ignore[misc]
        assert {type(each) for each in given} == {type(None), TooManyKept}, given
        kept = [name for name in names if warmth.of(name).min_warm]
        assert len(kept) == 2
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(kept_warm.delete())


def test_several_machines_start_a_new_lake(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """One of them has its administrator's token; no other has one that is worth nothing."""
    url = stores.new_database(request.getfixturevalue("postgres_server"))
    machines = [Settings(home=tmp_path / f"machine-{number}", database_url=url) for number in range(3)]
    given = at_once(*(lambda each=each: first_start.set_up(each) for each in machines))  # type: ignore[misc]
    assert sorted(given) == [False, False, True], given
    assert [each.admin_token_file.exists() for each in machines] == given
