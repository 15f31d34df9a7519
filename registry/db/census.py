"""How much of everything a lake has, counted in the database."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, Select, func, select

from registry.db.tables import datasets, environments, jobs, kept_warm, models, users, versions
from registry.domain.entities import JobState, now
from registry.domain.ports.census import Count

_LIVE = versions.c.deleted_at.is_(None)
# Name, what it is, the labels of each row, and the rows: the values of the labels, then the figure.
_FAMILIES: tuple[tuple[str, str, tuple[str, ...], Select[Any]], ...] = (
    (
        "users",
        "accounts that may log in",
        ("role",),
        select(users.c.role, func.count()).where(users.c.disabled_at.is_(None)).group_by(users.c.role),
    ),
    (
        "models",
        "models that are not deleted",
        (),
        select(func.count()).select_from(models).where(models.c.deleted_at.is_(None)),
    ),
    (
        "versions",
        "versions that are not deleted",
        ("state", "language"),
        select(versions.c.state, versions.c.language, func.count())
        .where(_LIVE)
        .group_by(versions.c.state, versions.c.language),
    ),
    (
        "model_bytes",
        "bytes of the files of those versions; a file of two counts twice",
        (),
        select(func.coalesce(func.sum(versions.c.model_bytes), 0)).where(_LIVE),
    ),
    ("models_kept_warm", "models whose container is kept up", (), select(func.count()).select_from(kept_warm)),
    (
        "datasets",
        "datasets that are not deleted",
        (),
        select(func.count()).select_from(datasets).where(datasets.c.deleted_at.is_(None)),
    ),
    (
        "environments",
        "environments; of those that are ready the image is there, or can be built again",
        ("state",),
        select(environments.c.state, func.count()).group_by(environments.c.state),
    ),
    (
        "image_bytes",
        "bytes of the images of environments; layers that they share count for each",
        (),
        select(func.coalesce(func.sum(environments.c.image_bytes), 0)),
    ),
    (
        "jobs",
        "jobs that the lake remembers",
        ("kind", "state"),
        select(jobs.c.kind, jobs.c.state, func.count()).group_by(jobs.c.kind, jobs.c.state),
    ),
)


class SqlCensus:
    """The `Census` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self) -> Iterator[Count]:
        waiting = select(func.min(jobs.c.created_at)).where(jobs.c.state == JobState.QUEUED)
        with self._engine.connect() as connection:
            for name, what, labels, query in _FAMILIES:
                for row in connection.execute(query):
                    values = [str(each) for each in row[:-1]]
                    yield Count(name, what, tuple(zip(labels, values, strict=True)), float(row[-1]))
            since = connection.execute(waiting).scalar()
        seconds = 0.0 if since is None else max(0.0, (now() - since).total_seconds())
        yield Count("job_wait_seconds", "how long the oldest job that has not begun has waited", (), seconds)
