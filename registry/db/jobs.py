"""Jobs, their progress and their logs in the database."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, exists, insert, select, update

from registry.db.tables import jobs, log_lines, resolutions, users, versions
from registry.domain.entities import Job, JobKind, JobState, Json, Phase, State, now
from registry.domain.errors.state import Cancelled, NotFound
from registry.domain.ports.jobs import NewJob, Unfinished
from registry.domain.text import storable

_WAITING = (JobState.QUEUED, JobState.RUNNING)
_LINE_LIMIT = 4000


class SqlJobs:
    """The `Jobs` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)

    def add(self, job: NewJob) -> str:
        same = select(jobs.c.id, jobs.c.request).where(
            jobs.c.version_id == job.version_id,
            jobs.c.owner_id == job.owner_id,
            jobs.c.kind == job.kind,
            jobs.c.state.in_(_WAITING),
        )
        # As the database gives it back: what was a tuple is a list.
        request = json.loads(json.dumps(job.request))
        # Of two who ask the same at once, the second sees the first one's job.
        locked = select(versions.c.id).where(versions.c.id == job.version_id).with_for_update(key_share=True)
        with self._writes.begin() as connection:
            connection.execute(locked)
            for row in connection.execute(same):
                if row.request == request:
                    return str(row.id)
            connection.execute(
                insert(jobs).values(**asdict(job), state=JobState.QUEUED, phase=Phase.QUEUED, detail="in the queue")
            )
        return job.id

    def get(self, job_id: str) -> Job:
        with self._reads.connect() as connection:
            row = connection.execute(_select().where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise NotFound("job", job_id)
        return _job(row)

    def of_owner(self, owner_id: int, *, state: JobState | None, offset: int, limit: int) -> list[Job]:
        query = _select().where(jobs.c.owner_id == owner_id)
        if state is not None:
            query = query.where(jobs.c.state == state)
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.id).offset(offset).limit(limit)
        with self._reads.connect() as connection:
            return [_job(row) for row in connection.execute(query)]

    def newest(self, *, state: JobState | None, limit: int) -> list[Job]:
        """Of all owners: for the operator, not a user's business."""
        query = _select() if state is None else _select().where(jobs.c.state == state)
        with self._reads.connect() as connection:
            return [_job(row) for row in connection.execute(query.order_by(jobs.c.created_at.desc()).limit(limit))]

    def of_version(self, version_id: str) -> str | None:
        query = (
            select(jobs.c.id)
            .where(jobs.c.version_id == version_id, jobs.c.kind == JobKind.PREPARE)
            .order_by(jobs.c.created_at.desc())
            .limit(1)
        )
        with self._reads.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def unfinished(self) -> list[Unfinished]:
        query = (
            select(jobs.c.id, jobs.c.kind, jobs.c.version_id)
            .where(jobs.c.state.in_(_WAITING))
            .order_by(jobs.c.created_at)
        )
        with self._reads.connect() as connection:
            return [Unfinished(row.id, JobKind(row.kind), row.version_id) for row in connection.execute(query)]

    def progress(self, scope: str, phase: Phase, percent: float, detail: str) -> None:
        with self._writes.begin() as connection:
            connection.execute(
                update(jobs)
                .where(
                    jobs.c.kind == JobKind.PREPARE,
                    jobs.c.state == JobState.RUNNING,
                    jobs.c.version_id.in_(_sharing(scope)),
                    jobs.c.percent <= percent,
                )
                .values(phase=phase, percent=percent, detail=storable(detail), updated_at=now())
            )

    def update(
        self,
        job_id: str,
        state: JobState,
        phase: Phase,
        percent: float,
        detail: str,
        problem: Json | None = None,
        result: Json | None = None,
    ) -> bool:
        said = {"detail": storable(detail), "problem": storable(problem), "result": storable(result)}
        values = {"state": state, "phase": phase, "percent": percent, **said}
        with self._writes.begin() as connection:
            changed = connection.execute(
                update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(_WAITING)).values(**values, updated_at=now())
            )
        return changed.rowcount > 0

    def cancel(self, job_id: str) -> None:
        with self._writes.begin() as connection:
            cancel_jobs(connection, jobs.c.id == job_id, "cancelled")

    def is_wanted(self, scope: str) -> bool:
        waiting = exists().where(
            jobs.c.kind == JobKind.PREPARE, jobs.c.state.in_(_WAITING), jobs.c.version_id.in_(_sharing(scope))
        )
        with self._reads.connect() as connection:
            return bool(connection.execute(select(waiting)).scalar_one())

    def log(self, scope: str, lines: Sequence[str]) -> None:
        if lines:
            with self._writes.begin() as connection:
                connection.execute(
                    insert(log_lines),
                    [{"scope": scope, "text": storable(line[:_LINE_LIMIT])} for line in lines],
                )

    def log_after(self, job_id: str, after: int) -> list[tuple[int, str]]:
        shared = (
            select(resolutions.c.key, resolutions.c.environment_id)
            .select_from(jobs.join(versions).join(resolutions, versions.c.resolution_key == resolutions.c.key))
            .where(jobs.c.id == job_id)
        )
        prepares = shared.where(jobs.c.kind == JobKind.PREPARE)
        with self._reads.connect() as connection:
            found = connection.execute(prepares).one_or_none() or ()
            scopes = [job_id, *(scope for scope in found if scope is not None)]
        query = (
            select(log_lines.c.id, log_lines.c.text)
            .where(log_lines.c.scope.in_(scopes) & (log_lines.c.id > after))
            .order_by(log_lines.c.id)
            .limit(1000)
        )
        with self._reads.connect() as connection:
            return [(row.id, row.text) for row in connection.execute(query)]


def cancel_jobs(connection: Connection, here: ColumnElement[bool], detail: str) -> None:
    """End the unfinished jobs among those that `here` describes, and, as failed, what they were preparing."""
    unfinished = here & jobs.c.state.in_(_WAITING)
    preparing = select(jobs.c.version_id).where(unfinished, jobs.c.kind == JobKind.PREPARE)
    connection.execute(
        update(versions)
        .where(versions.c.id.in_(preparing), versions.c.state != State.READY)
        .values(state=State.FAILED, problem=Cancelled("preparation").to_document())
    )
    said = {"state": JobState.CANCELLED, "detail": detail, "problem": Cancelled("job").to_document()}
    connection.execute(update(jobs).where(unfinished).values(**said, updated_at=now()))


def _sharing(scope: str) -> Select[*tuple[object, ...]]:
    """The versions that go by this resolution (its key) or environment (its id)."""
    return (
        select(versions.c.id)
        .join_from(versions, resolutions)
        .where((resolutions.c.key == scope) | (resolutions.c.environment_id == scope))
    )


def _select() -> Select[*tuple[object, ...]]:
    return (
        select(
            jobs,
            users.c.name.label("owner"),
            versions.c.model,
            versions.c.number.label("version"),
            versions.c.environment_id,
            versions.c.notes,
        )
        .join(versions, versions.c.id == jobs.c.version_id)
        .join(users, users.c.id == jobs.c.owner_id)
    )


def _job(row: Row[*tuple[object, ...]]) -> Job:
    values = dict(row._mapping)
    typed = {
        "kind": JobKind(values["kind"]),
        "state": JobState(values["state"]),
        "phase": Phase(values["phase"]),
    }
    return Job(**{**values, **typed})
