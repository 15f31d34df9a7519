"""The names of datasets, on both databases."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from registry.db.accounts import SqlAccounts
from registry.db.datasets import SqlDatasets
from registry.db.engine import connect, upgrade
from registry.domain.entities import Dataset, DatasetAlias, User, now
from registry.domain.errors.state import Exists, NotFound

CONTENT = Dataset("sha256:" + "d" * 64, "sha256:" + "b" * 64, 150, 5, None, [], None, now())


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def owner(engine: Engine) -> User:
    return SqlAccounts(engine).add_user("ann", "member", None, "0" * 64)


@pytest.fixture
def names(engine: Engine, owner: User) -> SqlDatasets:
    """Of one dataset, which its owner calls "irises"."""
    names = SqlDatasets(engine)
    names.add(CONTENT, DatasetAlias("irises", "150 irises", owner.name, now()), owner.id)
    return names


def named(names: SqlDatasets, owner: User) -> dict[str, str]:
    return {each.name: each.description for each in names.aliases(CONTENT.hash, owner)}


def test_a_name_is_given_once(names: SqlDatasets, owner: User) -> None:
    alias = DatasetAlias("mine", "as it was", owner.name, now())
    assert names.add_alias(CONTENT.hash, alias, owner.id) is True
    assert names.add_alias(CONTENT.hash, replace(alias, description="another"), owner.id) is False
    assert named(names, owner) == {"irises": "150 irises", "mine": "as it was"}
    with pytest.raises(NotFound):
        names.add_alias("sha256:" + "f" * 64, alias, owner.id)


def test_a_name_that_is_there_is_not_taken(names: SqlDatasets, owner: User) -> None:
    names.add_alias(CONTENT.hash, DatasetAlias("mine", "", owner.name, now()), owner.id)
    with pytest.raises(Exists):
        names.edit_alias(CONTENT.hash, owner.name, "mine", name="irises")
    names.edit_alias(CONTENT.hash, owner.name, "mine", name="ours", description="of us")
    names.remove_alias(CONTENT.hash, owner.name, "irises")
    assert named(names, owner) == {"ours": "of us"}
    with pytest.raises(NotFound):
        names.remove_alias(CONTENT.hash, owner.name, "irises")
