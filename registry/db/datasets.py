"""Datasets and their aliases in the database."""

from dataclasses import asdict

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.access import visible_aliases
from registry.db.tables import dataset_aliases, datasets, users
from registry.domain.entities import Dataset, DatasetAlias, User
from registry.domain.errors import NotFound


class SqlDatasets:
    """The `Datasets` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def add(self, dataset: Dataset, alias: DatasetAlias, owner_id: int) -> None:
        with self._writes.begin() as connection:
            connection.execute(self._insert(datasets).values(asdict(dataset)).on_conflict_do_nothing())
            connection.execute(
                self._insert(dataset_aliases)
                .values(
                    dataset_hash=dataset.hash,
                    owner_id=owner_id,
                    name=alias.name,
                    description=alias.description,
                    created_at=alias.created_at,
                )
                .on_conflict_do_nothing()
            )

    def get(self, content_hash: str) -> Dataset:
        with self._reads.connect() as connection:
            row = connection.execute(select(datasets).where(datasets.c.hash == content_hash)).one_or_none()
        if row is None:
            raise NotFound("dataset", content_hash, next="Datasets are named by their hash: sha256: and 64 hex digits.")
        return Dataset(**row._mapping)

    def aliases(self, content_hash: str, viewer: User | None) -> list[DatasetAlias]:
        columns = dataset_aliases.c
        query = (
            select(columns.name, columns.description, users.c.name.label("owner"), columns.created_at)
            .join_from(dataset_aliases, users)
            .where(columns.dataset_hash == content_hash, visible_aliases(viewer))
            .order_by(columns.id)
        )
        with self._reads.connect() as connection:
            return [DatasetAlias(**row._mapping) for row in connection.execute(query)]
