"""Models and their versions in the database."""

from dataclasses import asdict

from sqlalchemy import Engine, Row, Select, case, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.tables import jobs, models, resolutions, users, versions
from registry.domain.entities import JobState, Json, ModelVersion, Phase, Resolution, State
from registry.domain.errors import Forbidden, NotFound
from registry.domain.text import storable

_NOT_STORED = {"owner", "owner_id"}
# The newest that is ready comes first, then the newest of the others.
_BEST_FIRST = (case((versions.c.state == State.READY, 0), else_=1), versions.c.number.desc())


class SqlModels:
    """The `Models` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def add_version(self, version: ModelVersion, resolution: Resolution, job_id: str) -> int:
        with self._writes.begin() as connection:
            connection.execute(
                self._insert(models).values(name=version.model, owner_id=version.owner_id).on_conflict_do_nothing()
            )
            # Locks the model's row, so that two uploads at once get two numbers.
            owner = connection.execute(
                select(models.c.owner_id).where(models.c.name == version.model).with_for_update()
            ).scalar_one()
            if owner != version.owner_id:
                raise Forbidden(f"The model {version.model!r} is another user's.", next="Choose another name.")
            connection.execute(self._insert(resolutions).values(asdict(resolution)).on_conflict_do_nothing())
            number: int = connection.execute(
                update(models)
                .where(models.c.name == version.model)
                .values(last_number=models.c.last_number + 1)
                .returning(models.c.last_number)
            ).scalar_one()
            unedited = (models.c.name == version.model) & models.c.edited_at.is_(None)
            connection.execute(
                update(models).where(unedited).values(description=version.description, tags=version.tags)
            )
            values = {name: value for name, value in asdict(version).items() if name not in _NOT_STORED}
            connection.execute(insert(versions).values({**values, "number": number}))
            connection.execute(
                insert(jobs).values(
                    id=job_id, kind="prepare", version_id=version.id, state=JobState.QUEUED, phase=Phase.QUEUED
                )
            )
        return number

    def version(self, model: str, number: int | None = None) -> ModelVersion:
        query = _select().where(versions.c.model == model)
        query = query.order_by(*_BEST_FIRST) if number is None else query.where(versions.c.number == number)
        with self._reads.connect() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        if row is None:
            raise NotFound("model", model) if number is None else NotFound("version", f"{model}/{number}")
        return _version(row)

    def version_by_id(self, version_id: str) -> ModelVersion:
        with self._reads.connect() as connection:
            row = connection.execute(_select().where(versions.c.id == version_id)).one_or_none()
        if row is None:
            raise NotFound("version", version_id)
        return _version(row)

    def numbers(self, model: str) -> list[int]:
        query = select(versions.c.number).where(versions.c.model == model).order_by(versions.c.number)
        with self._reads.connect() as connection:
            return [*connection.execute(query).scalars()]

    def version_builds_on(self, version_id: str, *, environment_id: str, image_id: str) -> None:
        self._update(version_id, environment_id=environment_id, image_id=image_id)

    def version_is_ready(self, version_id: str, *, outputs: list[Json], notes: list[str]) -> None:
        self._update(version_id, state=State.READY, outputs=outputs, notes=notes, problem=None)

    def version_failed(self, version_id: str, problem: Json) -> None:
        self._update(version_id, state=State.FAILED, problem=storable(problem))

    def _update(self, version_id: str, **values: object) -> None:
        with self._writes.begin() as connection:
            connection.execute(update(versions).where(versions.c.id == version_id).values(**values))


def _select() -> Select[*tuple[object, ...]]:
    return (
        select(versions, users.c.name.label("owner"), users.c.id.label("owner_id"))
        .join(models, models.c.name == versions.c.model)
        .join(users, users.c.id == models.c.owner_id)
    )


def _version(row: Row[*tuple[object, ...]]) -> ModelVersion:
    values = dict(row._mapping)
    return ModelVersion(**{**values, "state": State(values["state"])})
