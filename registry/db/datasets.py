"""Datasets and their aliases in the database."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from registry.db.access import visible_aliases
from registry.db.tables import dataset_aliases, datasets, users
from registry.domain.entities import Dataset, DatasetAlias, Json, User, now
from registry.domain.errors.state import Exists, NotFound

_columns = dataset_aliases.c


class SqlDatasets:
    """The `Datasets` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def add(self, dataset: Dataset, alias: DatasetAlias, owner_id: int) -> None:
        new = self._insert(datasets).values(asdict(dataset))
        # One whose last name was taken away is wanted again.
        new = new.on_conflict_do_update(index_elements=["hash"], set_={"deleted_at": None})
        with self._writes.begin() as connection:
            connection.execute(new)
            self._add_alias(connection, dataset.hash, alias, owner_id)

    def add_alias(self, content_hash: str, alias: DatasetAlias, owner_id: int) -> bool:
        wanted = update(datasets).where(datasets.c.hash == content_hash).values(deleted_at=None)
        with self._writes.begin() as connection:
            if not connection.execute(wanted).rowcount:
                raise _no_dataset(content_hash)
            return self._add_alias(connection, content_hash, alias, owner_id)

    def _add_alias(self, connection: Connection, content_hash: str, alias: DatasetAlias, owner_id: int) -> bool:
        values = {
            "dataset_hash": content_hash,
            "owner_id": owner_id,
            "name": alias.name,
            "description": alias.description,
            "created_at": alias.created_at,
        }
        new = self._insert(dataset_aliases).values(values).on_conflict_do_nothing().returning(_columns.id)
        return connection.execute(new).one_or_none() is not None

    def get(self, content_hash: str) -> Dataset:
        with self._reads.connect() as connection:
            row = connection.execute(select(datasets).where(datasets.c.hash == content_hash)).one_or_none()
        if row is None:
            raise _no_dataset(content_hash)
        return Dataset(**row._mapping)

    def describe(self, content_hash: str, missing: int, statistics: list[Json]) -> None:
        values = {"missing": missing, "statistics": statistics}
        with self._writes.begin() as connection:
            connection.execute(update(datasets).where(datasets.c.hash == content_hash).values(values))

    def aliases(self, content_hash: str, viewer: User | None) -> list[DatasetAlias]:
        query = (
            select(_columns.name, _columns.description, users.c.name.label("owner"), _columns.created_at)
            .join_from(dataset_aliases, users)
            .where(_columns.dataset_hash == content_hash, visible_aliases(viewer))
            .order_by(_columns.id)
        )
        with self._reads.connect() as connection:
            return [DatasetAlias(**row._mapping) for row in connection.execute(query)]

    def edit_alias(self, content_hash: str, owner: str, alias: str, **changes: str) -> None:
        edited = update(dataset_aliases).where(_alias(content_hash, owner, alias)).values(changes)
        try:
            with self._writes.begin() as connection:
                if not connection.execute(edited).rowcount:
                    raise _no_alias(alias)
        except IntegrityError as error:
            raise Exists("alias", changes.get("name", alias)) from error

    def remove_alias(self, content_hash: str, owner: str, alias: str) -> None:
        named = exists().where(_columns.dataset_hash == datasets.c.hash)
        unnamed = update(datasets).where(datasets.c.hash == content_hash, ~named).values(deleted_at=now())
        with self._writes.begin() as connection:
            # Locks the dataset's row: of two that take away the last two names, one sees that none is left.
            connection.execute(select(datasets.c.hash).where(datasets.c.hash == content_hash).with_for_update())
            if not connection.execute(delete(dataset_aliases).where(_alias(content_hash, owner, alias))).rowcount:
                raise _no_alias(alias)
            connection.execute(unnamed)


def _alias(content_hash: str, owner: str, alias: str) -> ColumnElement[Any]:
    owner_id = select(users.c.id).where(users.c.name == owner).scalar_subquery()
    return and_(_columns.dataset_hash == content_hash, _columns.owner_id == owner_id, _columns.name == alias)


def _no_alias(alias: str) -> NotFound:
    return NotFound("alias", alias, next="Name one of yours: the dataset's info lists them.")


def _no_dataset(content_hash: str) -> NotFound:
    return NotFound("dataset", content_hash, next="Datasets are named by their hash: sha256: and 64 hex digits.")
