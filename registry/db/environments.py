"""Resolutions and environments in the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.tables import environments, resolutions, versions
from registry.domain.entities import Environment, Json, Resolution, State
from registry.domain.errors.state import NotFound
from registry.domain.text import storable

_RESOLUTION = [column for column in resolutions.c if column.name != "created_at"]


class SqlEnvironments:
    """The `Environments` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def resolution(self, key: str) -> Resolution:
        with self._reads.connect() as connection:
            row = connection.execute(select(*_RESOLUTION).where(resolutions.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("resolution", key)
        return Resolution(**{**row._mapping, "state": State(row.state)})

    def retry_resolution(self, seen: Resolution) -> Resolution:
        self._retry(resolutions, resolutions.c.key == seen.key, seen)
        return self.resolution(seen.key)

    def resolved(self, key: str, environment: Environment, repairs: Sequence[Json]) -> None:
        values = {
            "id": environment.id,
            "lock": environment.lock,
            "base": environment.base,
            "state": State.PENDING,
            "attempt": 1,
            "dockerfile": environment.dockerfile,
        }
        with self._writes.begin() as connection:
            connection.execute(self._insert(environments).values(values).on_conflict_do_nothing())
            connection.execute(
                update(resolutions)
                .where(resolutions.c.key == key)
                .values(state=State.READY, environment_id=environment.id, repairs=[*repairs], problem=None)
            )

    def resolution_failed(self, key: str, problem: Json) -> None:
        self._update(resolutions, resolutions.c.key == key, state=State.FAILED, problem=storable(problem))

    def environment(self, environment_id: str) -> Environment:
        with self._reads.connect() as connection:
            row = connection.execute(select(environments).where(environments.c.id == environment_id)).one_or_none()
        if row is None:
            raise NotFound("environment", environment_id)
        return Environment(**{**row._mapping, "state": State(row.state)})

    def retry_environment(self, seen: Environment) -> Environment:
        self._retry(environments, environments.c.id == seen.id, seen)
        return self.environment(seen.id)

    def environment_is_ready(
        self,
        environment_id: str,
        *,
        image_id: str,
        tag: str,
        size: int,
        installed: Mapping[str, str],
        reference: str | None = None,
    ) -> None:
        values = {"image_id": image_id, "image_tag": tag, "image_bytes": size, "installed": dict(installed)}
        values["image_reference"] = reference
        with self._writes.begin() as connection:
            here = environments.c.id == environment_id
            connection.execute(update(environments).where(here).values(**values, state=State.READY, problem=None))
            # An image that was built again has another id: the versions that ran in the old one run in it now.
            using = versions.c.environment_id == environment_id
            connection.execute(update(versions).where(using).values(image_id=image_id))

    def environment_failed(self, environment_id: str, problem: Json) -> None:
        self._update(environments, environments.c.id == environment_id, state=State.FAILED, problem=storable(problem))

    def ready(self, newest: int) -> dict[str, Json]:
        wanted = select(environments.c.id, environments.c.lock).where(environments.c.state == State.READY)
        with self._reads.connect() as connection:
            rows = connection.execute(wanted.order_by(environments.c.created_at.desc()).limit(newest)).all()
        return {row.id: row.lock for row in rows}

    def repairs(self, environment_id: str) -> list[Json]:
        wanted = select(resolutions.c.repairs).where(resolutions.c.environment_id == environment_id)
        with self._reads.connect() as connection:
            found = [repair for row in connection.execute(wanted) for repair in row.repairs]
        return [repair for index, repair in enumerate(found) if repair not in found[:index]]

    def _retry(self, table: Table, here: Any, seen: Resolution | Environment) -> None:
        """Begin the next attempt of what was seen; of those who saw the same attempt, one does."""
        same = here & (table.c.attempt == seen.attempt) & (table.c.state == seen.state)
        self._update(table, same, state=State.PENDING, attempt=seen.attempt + 1, problem=None)

    def _update(self, table: Table, here: Any, **values: Any) -> None:
        with self._writes.begin() as connection:
            connection.execute(update(table).where(here).values(**values))
