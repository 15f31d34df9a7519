"""Jobs, their progress and their logs in the database."""

from collections.abc import Sequence

from sqlalchemy import Engine, insert, select, update

from registry.db.tables import jobs, log_lines, resolutions, versions
from registry.domain.entities import Job, JobState, Json, Phase, now
from registry.domain.errors import NotFound
from registry.domain.text import storable

_WAITING = (JobState.QUEUED, JobState.RUNNING)
_LINE_LIMIT = 4000


class SqlJobs:
    """The `Jobs` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)

    def get(self, job_id: str) -> Job:
        query = (
            select(jobs, versions.c.model, versions.c.number, versions.c.environment_id, versions.c.notes)
            .join_from(jobs, versions)
            .where(jobs.c.id == job_id)
        )
        with self._reads.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("job", job_id)
        values = dict(row._mapping)
        version = values.pop("number")
        return Job(**{**values, "version": version, "state": JobState(row.state), "phase": Phase(row.phase)})

    def of_version(self, version_id: str) -> str | None:
        query = select(jobs.c.id).where(jobs.c.version_id == version_id).order_by(jobs.c.created_at.desc()).limit(1)
        with self._reads.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def unfinished(self) -> list[tuple[str, str]]:
        query = select(jobs.c.id, jobs.c.version_id).where(jobs.c.state.in_(_WAITING)).order_by(jobs.c.created_at)
        with self._reads.connect() as connection:
            return [(row.id, row.version_id) for row in connection.execute(query)]

    def progress(self, scope: str, phase: Phase, percent: float, detail: str) -> None:
        sharing = (
            select(versions.c.id)
            .join_from(versions, resolutions)
            .where((resolutions.c.key == scope) | (resolutions.c.environment_id == scope))
        )
        with self._writes.begin() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.state == JobState.RUNNING, jobs.c.version_id.in_(sharing), jobs.c.percent <= percent)
                .values(phase=phase, percent=percent, detail=storable(detail), updated_at=now())
            )

    def update(
        self, job_id: str, state: JobState, phase: Phase, percent: float, detail: str, problem: Json | None = None
    ) -> None:
        said = {"detail": storable(detail), "problem": storable(problem)}
        values = {"state": state, "phase": phase, "percent": percent, **said}
        with self._writes.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values, updated_at=now()))

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
        with self._reads.connect() as connection:
            scopes = [job_id, *(scope for scope in connection.execute(shared).one() if scope is not None)]
        query = (
            select(log_lines.c.id, log_lines.c.text)
            .where(log_lines.c.scope.in_(scopes) & (log_lines.c.id > after))
            .order_by(log_lines.c.id)
            .limit(1000)
        )
        with self._reads.connect() as connection:
            return [(row.id, row.text) for row in connection.execute(query)]
