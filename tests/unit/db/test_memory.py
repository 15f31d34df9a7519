"""What is remembered is forgotten as soon as somebody else has written."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from registry.db.access import SqlAccess
from registry.db.accounts import SqlAccounts
from registry.db.engine import connect, upgrade
from registry.db.freshness import POSTGRES_SECONDS, stamp_of
from registry.db.memory import Memory, RememberingAccess, RememberingAccounts, RememberingModels
from registry.domain.access import Thing
from registry.domain.errors.state import NotFound

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def other(engine: Engine, database_url: str) -> Iterator[Engine]:
    """As another process sees the database."""
    other = connect(database_url)
    yield other
    other.dispose()


def _later(engine: Engine) -> None:
    """As late as a change must be seen."""
    if engine.dialect.name == "postgresql":
        time.sleep(POSTGRES_SECONDS * 1.2)


def test_the_stamp_changes_with_every_commit(engine: Engine, other: Engine) -> None:
    stamp = stamp_of(engine)
    first = stamp()
    with other.connect() as connection:
        connection.execute(text("SELECT count(*) FROM users"))
    _later(engine)
    # A Postgres has other databases, and a vacuum: its stamp may change once too often, but not be too old.
    assert stamp() == first or engine.dialect.name == "postgresql"
    first = stamp()
    SqlAccounts(other).add_user("ann", "member", None, DIGEST)
    _later(engine)
    assert stamp() != first


def test_a_change_of_this_process_is_seen_at_once(engine: Engine) -> None:
    before, stamp = SqlAccounts(engine), stamp_of(engine)
    for name, accounts in (("ann", before), ("bob", SqlAccounts(engine))):
        first = stamp()
        accounts.add_user(name, "member", None, f"{DIGEST[:-3]}{name}")
        assert stamp() != first


def test_nothing_is_read_again_until_something_was_written(engine: Engine, other: Engine) -> None:
    memory, loads = Memory.over(engine), []

    def load() -> int:
        loads.append(1)
        return len(loads)

    assert memory.get("key", load) == 1
    # Within POSTGRES_SECONDS of the first nothing is asked of either database.
    assert [memory.get("key", load), memory.get("other", load)] == [1, 2]
    SqlAccounts(other).add_user("ann", "member", None, DIGEST)
    _later(engine)
    assert memory.get("key", load) == 3


def test_what_is_raised_is_not_remembered(engine: Engine) -> None:
    models = RememberingModels(engine, Memory.over(engine))
    for _ in range(2):
        with pytest.raises(NotFound):
            models.version("nobody")


def test_a_revoked_token_is_refused_and_a_new_one_known(engine: Engine, other: Engine) -> None:
    accounts = RememberingAccounts(engine, Memory.over(engine))
    assert accounts.caller(DIGEST) is None
    user = SqlAccounts(other).add_user("ann", "member", None, DIGEST)
    _later(engine)
    found = accounts.caller(DIGEST)
    assert found is not None
    assert found.user == user
    assert accounts.caller(DIGEST) == found
    with other.execution_options(writes=True).begin() as connection:
        connection.execute(text("DELETE FROM tokens"))
    _later(engine)
    assert accounts.caller(DIGEST) is None


def test_standing_follows_what_is_shared(engine: Engine, other: Engine) -> None:
    access = RememberingAccess(engine, Memory.over(engine))
    user = SqlAccounts(other).add_user("ann", "member", None, DIGEST)
    assert access.standing(Thing.MODEL, "wine", user.id) is None
    with other.execution_options(writes=True).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO models (name, owner_id, created_at, visibility, description, tags, card, last_number) "
                "VALUES ('wine', :id, '2026-01-01', 'private', '', '[]', '', 0)"
            ),
            {"id": user.id},
        )
    _later(engine)
    assert access.standing(Thing.MODEL, "wine", user.id) == SqlAccess(other).standing(Thing.MODEL, "wine", user.id)
    assert access.standing(Thing.MODEL, "wine", user.id) is not None
