"""The `UpkeepRecords` port: what is known of environments for those who look after the machine."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, case, exists, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.tables import environment_upkeep, environments, jobs, models, prunings, resolutions, versions
from registry.domain.entities import JobState, State, now
from registry.domain.errors.state import NotFound
from registry.domain.upkeep import EnvironmentRecord, Pruning, UsedBy

_AT_WORK = (JobState.QUEUED, JobState.RUNNING)


class SqlUpkeep:
    """Each change is one short statement: they come while models are used."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def records(self) -> list[EnvironmentRecord]:
        upkeep = environment_upkeep
        # A version that is being prepared has no environment of its own yet: its resolution has.
        needs = func.coalesce(versions.c.environment_id, resolutions.c.environment_id).label("environment")
        waits = exists().where(jobs.c.version_id == versions.c.id, jobs.c.state.in_(_AT_WORK))
        using = (
            select(needs, versions.c.model, versions.c.number, versions.c.state, waits.label("at_work"))
            .join_from(versions, resolutions)
            .join(models, models.c.name == versions.c.model)
            .where(versions.c.deleted_at.is_(None), models.c.deleted_at.is_(None))
            .order_by(versions.c.model, versions.c.number)
        )
        known = (
            select(
                environments.c.id,
                environments.c.base,
                environments.c.state,
                environments.c.created_at,
                upkeep.c.built_at,
                upkeep.c.build_seconds,
                func.coalesce(upkeep.c.uses, 0).label("uses"),
                upkeep.c.used_at,
                upkeep.c.pinned,
            )
            .join_from(environments, upkeep, isouter=True)
            .order_by(environments.c.created_at, environments.c.id)
        )
        used_by: dict[str, list[UsedBy]] = {}
        with self._reads.connect() as connection:
            rows = connection.execute(known).all()
            at_work = {row.id for row in rows if row.state == State.BUILDING}
            for row in connection.execute(using):
                used_by.setdefault(row.environment, []).append(UsedBy(row.model, row.number, State(row.state)))
                if row.at_work:
                    at_work.add(row.environment)
        return [
            EnvironmentRecord(
                id=row.id,
                language=f"{row.base['language']} {row.base['version']}",
                state=State(row.state),
                created_at=row.created_at,
                built_at=row.built_at,
                build_seconds=row.build_seconds,
                uses=row.uses,
                used_at=row.used_at,
                pinned=bool(row.pinned),
                at_work=row.id in at_work,
                versions=tuple(used_by.get(row.id, ())),
            )
            for row in rows
        ]

    def built(self, environment_id: str, seconds: float) -> None:
        self._put(environment_id, built_at=now(), build_seconds=seconds)

    def used(self, environment_id: str, at: datetime, uses: int = 0) -> None:
        table = environment_upkeep
        row = self._insert(table).values(environment_id=environment_id, used_at=at, uses=uses)
        later = case((table.c.used_at > at, table.c.used_at), else_=row.excluded.used_at)
        with self._writes.begin() as connection:
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["environment_id"],
                    set_={"used_at": later, "uses": table.c.uses + row.excluded.uses},
                )
            )

    def pin(self, environment_id: str, pinned: bool) -> None:
        with self._reads.connect() as connection:
            if not connection.execute(select(exists().where(environments.c.id == environment_id))).scalar_one():
                raise NotFound("environment", environment_id)
        self._put(environment_id, pinned=pinned)

    def add_prunings(self, done: Sequence[Pruning]) -> None:
        rows = [
            {
                "environment_id": each.environment_id,
                "at": each.at,
                "reason": each.reason,
                "freed_bytes": each.freed_bytes,
                "build_seconds": each.build_seconds,
                "models": [*each.models],
            }
            for each in done
        ]
        if rows:
            with self._writes.begin() as connection:
                connection.execute(insert(prunings), rows)

    def prunings(self, newest: int) -> list[Pruning]:
        query = select(prunings).order_by(prunings.c.id.desc()).limit(newest)
        with self._reads.connect() as connection:
            return [
                Pruning(row.environment_id, row.at, row.reason, row.freed_bytes, row.build_seconds, tuple(row.models))
                for row in connection.execute(query)
            ]

    def _put(self, environment_id: str, **values: object) -> None:
        row = self._insert(environment_upkeep).values(environment_id=environment_id, **values)
        with self._writes.begin() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["environment_id"], set_=values))
