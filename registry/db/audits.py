"""Audits in the database."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Engine, case, null, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.access import visible_datasets, visible_models
from registry.db.tables import audits, datasets, models, users, versions
from registry.domain.entities import Audit, NewAudit, User
from registry.domain.text import storable


class SqlAudits:
    """The `Audits` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def add(self, audits_: Sequence[NewAudit]) -> None:
        if audits_:
            with self._writes.begin() as connection:
                connection.execute(
                    self._insert(audits).on_conflict_do_nothing(), [storable(asdict(audit)) for audit in audits_]
                )

    def of_version(self, version_id: str, dataset_hash: str, target: str) -> list[Audit]:
        return self._where(
            null(), audits.c.version_id == version_id, audits.c.dataset_hash == dataset_hash, audits.c.target == target
        )

    def visible(
        self,
        viewer: User | None,
        *,
        version_id: str | None = None,
        dataset_hash: str | None = None,
        measure: str | None = None,
    ) -> list[Audit]:
        wanted = (
            (audits.c.version_id, version_id),
            (audits.c.dataset_hash, dataset_hash),
            (audits.c.measure, measure),
        )
        return self._where(
            _asker(viewer),
            versions.c.deleted_at.is_(None) & models.c.deleted_at.is_(None),
            visible_models(viewer),
            visible_datasets(viewer),
            *(column == value for column, value in wanted if value is not None),
        )

    def _where(self, asker: ColumnElement[Any], *conditions: ColumnElement[bool]) -> list[Audit]:
        kept = audits.c
        query = (
            select(
                versions.c.model,
                versions.c.number.label("version"),
                versions.c.language,
                versions.c.flavour,
                *(kept.dataset_hash, kept.target, kept.measure, kept.value, kept.rows, kept.note, kept.created_at),
                asker.label("asked_by"),
            )
            .join_from(audits, versions)
            .join(models, models.c.name == versions.c.model)
            .join(datasets, datasets.c.hash == kept.dataset_hash)
            .outerjoin(users, users.c.id == kept.asked_by)
            .where(*conditions)
            .order_by(versions.c.model, versions.c.number, kept.dataset_hash, kept.target, kept.measure)
        )
        with self._reads.connect() as connection:
            return [Audit(**row._mapping) for row in connection.execute(query)]


def _asker(viewer: User | None) -> ColumnElement[Any]:
    """Who asked is told to them, and to administrators: as of jobs."""
    if viewer is None:
        return null()
    return users.c.name if viewer.is_admin else case((audits.c.asked_by == viewer.id, users.c.name))
