"""Deleting models, versions and datasets in the database: a mark, and later the rows."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from registry.db.jobs import cancel_jobs
from registry.db.references import referenced
from registry.db.tables import dataset_aliases, datasets, jobs, log_lines, models, users, versions
from registry.domain.entities import DeletedThing, JobKind, JobState, ModelVersion, User, now
from registry.domain.errors.state import Deleted, NotFound

_AT_WORK = (JobState.QUEUED, JobState.RUNNING)


class SqlDeletions:
    """The `Deletions` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)

    def delete_model(self, name: str) -> None:
        with self._writes.begin() as connection:
            row = connection.execute(
                select(models.c.deleted_at).where(models.c.name == name).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("model", name)
            if row.deleted_at is not None:
                raise Deleted("model", name, row.deleted_at)
            connection.execute(update(models).where(models.c.name == name).values(deleted_at=now()))
            _stop_preparing(connection, versions.c.model == name)

    def delete_version(self, version: ModelVersion) -> None:
        here = (versions.c.id == version.id) & versions.c.deleted_at.is_(None)
        with self._writes.begin() as connection:
            connection.execute(update(versions).where(here).values(deleted_at=now()))
            _stop_preparing(connection, versions.c.id == version.id)

    def restore_model(self, name: str, deleted_after: datetime) -> None:
        here = (models.c.name == name) & (models.c.deleted_at > deleted_after)
        with self._writes.begin() as connection:
            if not connection.execute(update(models).where(here).values(deleted_at=None)).rowcount:
                raise _not_to_be_restored("model", name)

    def restore_version(self, model: str, number: int, deleted_after: datetime) -> None:
        here = (versions.c.model == model) & (versions.c.number == number) & (versions.c.deleted_at > deleted_after)
        with self._writes.begin() as connection:
            if not connection.execute(update(versions).where(here).values(deleted_at=None)).rowcount:
                raise _not_to_be_restored("version", f"{model}/{number}")

    def restorable(self, viewer: User, deleted_after: datetime) -> list[DeletedThing]:
        own = true() if viewer.is_admin else models.c.owner_id == viewer.id
        size = select(func.sum(versions.c.model_bytes)).where(versions.c.model == models.c.name)
        of_models = (
            select(literal("model"), models.c.name, null(), users.c.name, size.scalar_subquery(), models.c.deleted_at)
            .join_from(models, users, users.c.id == models.c.owner_id)
            .where(models.c.deleted_at > deleted_after, own)
        )
        of_versions = (
            select(
                *(literal("version"), versions.c.model, versions.c.number, users.c.name),
                *(versions.c.model_bytes, versions.c.deleted_at),
            )
            .join_from(versions, models, models.c.name == versions.c.model)
            .join(users, users.c.id == models.c.owner_id)
            .where(versions.c.deleted_at > deleted_after, own)
        )
        queries = [of_models, of_versions]
        if viewer.is_admin:
            named = exists().where(dataset_aliases.c.dataset_hash == datasets.c.hash)
            used = exists().where(versions.c.dataset_hash == datasets.c.hash)
            queries.append(
                select(literal("dataset"), datasets.c.hash, null(), null(), null(), datasets.c.deleted_at).where(
                    datasets.c.deleted_at > deleted_after, ~named, ~used
                )
            )
        with self._reads.connect() as connection:
            found = [DeletedThing(*row) for query in queries for row in connection.execute(query)]
        return sorted(found, key=lambda each: each.deleted_at, reverse=True)

    def deleted_versions(self) -> list[str]:
        query = _joined().where(or_(versions.c.deleted_at.is_not(None), models.c.deleted_at.is_not(None)))
        with self._reads.connect() as connection:
            return [*connection.execute(query).scalars()]

    def due(self, deleted_before: datetime) -> list[str]:
        with self._reads.connect() as connection:
            return [*connection.execute(_joined().where(_due(deleted_before))).scalars()]

    def purge_version(self, version_id: str, deleted_before: datetime) -> bool:
        due = _joined().where(versions.c.id == version_id, _due(deleted_before))
        with self._writes.begin() as connection:
            # Locks both rows: who restores one of them comes before, or finds nothing to restore.
            if connection.execute(due.with_for_update()).one_or_none() is None:
                return False
            of_version = select(jobs.c.id).where(jobs.c.version_id == version_id)
            connection.execute(delete(log_lines).where(log_lines.c.scope.in_(of_version)))
            connection.execute(delete(versions).where(versions.c.id == version_id))
        return True

    def purge_models(self, deleted_before: datetime) -> int:
        due = (models.c.deleted_at < deleted_before) & ~exists().where(versions.c.model == models.c.name)
        with self._reads.connect() as connection:
            # Asked every few seconds: no writer needs to wait for the answer that there is none.
            if not connection.execute(select(exists().where(due))).scalar_one():
                return 0
        with self._writes.begin() as connection:
            return connection.execute(delete(models).where(due)).rowcount

    def purge_datasets(self, deleted_before: datetime) -> int:
        named = exists().where(dataset_aliases.c.dataset_hash == datasets.c.hash)
        used = exists().where(versions.c.dataset_hash == datasets.c.hash)
        with self._writes.begin() as connection:
            return connection.execute(
                delete(datasets).where(datasets.c.deleted_at < deleted_before, ~named, ~used)
            ).rowcount

    def referenced(self, digests: Collection[str]) -> set[str]:
        with self._reads.connect() as connection:
            return referenced(connection, digests)


def _stop_preparing(connection: Connection, here: ColumnElement[bool]) -> None:
    """What is deleted needs no environment: the build ends, unless others wait for it, too."""
    prepare = (jobs.c.kind == JobKind.PREPARE) & jobs.c.version_id.in_(select(versions.c.id).where(here))
    cancel_jobs(connection, prepare, "cancelled: the model was deleted")


def _joined() -> Select[*tuple[object, ...]]:
    return select(versions.c.id).join_from(versions, models, models.c.name == versions.c.model)


def _due(deleted_before: datetime) -> ColumnElement[bool]:
    at_work = exists().where(jobs.c.version_id == versions.c.id, jobs.c.state.in_(_AT_WORK))
    return or_(versions.c.deleted_at < deleted_before, models.c.deleted_at < deleted_before) & ~at_work


def _not_to_be_restored(kind: str, name: str) -> NotFound:
    return NotFound(f"deleted {kind}", name, next="It is not deleted, or it was too long ago; then upload it again.")
