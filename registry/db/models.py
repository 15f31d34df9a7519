"""Models and their versions in the database."""

from dataclasses import asdict

from sqlalchemy import Connection, Engine, Row, Select, case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.access import visible_models
from registry.db.tables import jobs, model_aliases, models, resolutions, users, versions
from registry.domain.entities import (
    Added,
    JobKind,
    JobState,
    Json,
    Model,
    ModelVersion,
    Outcome,
    Phase,
    Resolution,
    Shown,
    State,
    User,
    now,
)
from registry.domain.errors.access import Forbidden
from registry.domain.errors.lake import LakeBusy
from registry.domain.errors.state import Deleted, NotFound
from registry.domain.text import storable
from registry.domain.version_ref import LATEST, VersionRef

_NOT_STORED = {"owner", "owner_id"}
# What another attempt to prepare the same content may have of its own.
_OF_THE_ATTEMPT = (
    *("golden_blob", "requirements_blob", "resolution_key", "environment_id", "image_id"),
    *("outputs", "prob_classes", "notes", "system", "problem"),
)
_LIVE = versions.c.deleted_at.is_(None) & models.c.deleted_at.is_(None)
_READY_FIRST = case((versions.c.state == State.READY, 0), else_=1)
# The newest that is ready comes first, then the newest of the others.
_BEST_FIRST = (_READY_FIRST, versions.c.number.desc())


class SqlModels:
    """The `Models` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def add_version(self, version: ModelVersion, resolution: Resolution, job_id: str) -> Added:
        with self._writes.begin() as connection:
            connection.execute(
                self._insert(models).values(name=version.model, owner_id=version.owner_id).on_conflict_do_nothing()
            )
            # Locks the model's row: two uploads at once get two numbers, or find each other's content.
            model = connection.execute(
                select(models.c.owner_id, models.c.deleted_at).where(models.c.name == version.model).with_for_update()
            ).one_or_none()
            if model is None:
                raise LakeBusy(f"What was {version.model!r} is being removed just now.")
            if model.owner_id != version.owner_id:
                raise Forbidden(f"The model {version.model!r} is another user's.", next="Choose another name.")
            if model.deleted_at is not None:
                raise Deleted("model", version.model, model.deleted_at)
            connection.execute(self._insert(resolutions).values(asdict(resolution)).on_conflict_do_nothing())
            added = _take_known(connection, version, job_id) or _add_new(connection, version, job_id)
            unedited = (models.c.name == version.model) & models.c.edited_at.is_(None)
            connection.execute(
                update(models).where(unedited).values(description=version.description, tags=version.tags)
            )
        return added

    def prepare_again(self, version_id: str, job_id: str) -> str:
        here = versions.c.id == version_id
        failed = here & (versions.c.state == State.FAILED)
        with self._writes.begin() as connection:
            # Locks the version's row: of those who ask at once, one begins.
            version = connection.execute(
                select(models.c.owner_id).join_from(versions, models).where(here).with_for_update(of=versions)
            ).one_or_none()
            if version is None:
                raise NotFound("version", version_id)
            last = _last_preparation(connection, version_id)
            if not JobState(last.state).is_over:
                return str(last.id)
            connection.execute(update(versions).where(failed).values(state=State.PENDING, problem=None))
            connection.execute(update(versions).where(here).values(file_freed_at=None))
            _queue(connection, version_id, job_id, version.owner_id)
        return job_id

    def version(self, model: str, ref: VersionRef = LATEST) -> ModelVersion:
        query = _named(_select().where(versions.c.model == model), ref).limit(1)
        with self._reads.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise self._nothing(model, ref)
        found = _version(row)
        if found.deleted_at is not None:
            raise Deleted("version", f"{model}/{found.number}", found.deleted_at)
        return found

    def version_by_id(self, version_id: str) -> ModelVersion:
        with self._reads.connect() as connection:
            row = connection.execute(_select().where(versions.c.id == version_id)).one_or_none()
        if row is None:
            raise NotFound("version", version_id)
        return _version(row)

    def with_content(self, content_hash: str, viewer: User | None) -> list[ModelVersion]:
        query = _select().where(versions.c.content_hash == content_hash, _LIVE, visible_models(viewer))
        # Of several that are ready, the one that was there first.
        query = query.order_by(_READY_FIRST, versions.c.created_at)
        with self._reads.connect() as connection:
            return [_version(row) for row in connection.execute(query)]

    def versions(self, model: str) -> list[ModelVersion]:
        query = _select().where(versions.c.model == model, _LIVE).order_by(versions.c.number)
        with self._reads.connect() as connection:
            return [_version(row) for row in connection.execute(query)]

    def numbers(self, model: str) -> list[int]:
        query = select(versions.c.number).join_from(versions, models).where(versions.c.model == model, _LIVE)
        with self._reads.connect() as connection:
            return [*connection.execute(query.order_by(versions.c.number)).scalars()]

    def model(self, name: str) -> Model:
        columns = [column for column in models.c if column.name != "last_number"]
        query = select(*columns, users.c.name.label("owner")).join(users, users.c.id == models.c.owner_id)
        with self._reads.connect() as connection:
            row = connection.execute(query.where(models.c.name == name)).one_or_none()
        if row is None:
            raise NotFound("model", name)
        if row.deleted_at is not None:
            raise Deleted("model", name, row.deleted_at)
        return Model(**{column: value for column, value in row._mapping.items() if column != "deleted_at"})

    def edit(
        self, name: str, *, description: str | None = None, tags: list[str] | None = None, card: str | None = None
    ) -> None:
        given = {"description": description, "tags": tags, "card": card}
        values: dict[str, object] = {key: value for key, value in given.items() if value is not None}
        if description is not None or tags is not None:
            values["edited_at"] = now()
        here = (models.c.name == name) & models.c.deleted_at.is_(None)
        with self._writes.begin() as connection:
            edited = connection.execute(update(models).where(here).values(values)).rowcount
        if not edited:
            raise self._nothing(name, LATEST)

    def version_builds_on(self, version_id: str, *, environment_id: str, image_id: str) -> None:
        self._update(version_id, environment_id=environment_id, image_id=image_id)

    def version_is_ready(
        self, version_id: str, shown: Shown, *, notes: list[str] | None = None, found_tags: list[str] | None = None
    ) -> None:
        given = {"notes": notes, "found_tags": found_tags}
        said = {name: value for name, value in given.items() if value is not None}
        self._update(version_id, state=State.READY, problem=None, **asdict(shown), **said)

    def version_failed(self, version_id: str, problem: Json, *, free_file: bool = False) -> None:
        freed = {"file_freed_at": now()} if free_file else {}
        self._update(version_id, state=State.FAILED, problem=storable(problem), **freed)

    def _nothing(self, model: str, ref: VersionRef) -> NotFound | Deleted:
        """Why there is no such version."""
        try:
            self.model(model)
        except (NotFound, Deleted) as error:
            return error
        if ref.alias is not None:
            return NotFound("alias", f"{model}@{ref.alias}", next="GET the model shows its aliases and versions.")
        return NotFound("version", f"{model}/{ref}", next="GET the model shows its versions, if it has any.")

    def _update(self, version_id: str, **values: object) -> None:
        with self._writes.begin() as connection:
            connection.execute(update(versions).where(versions.c.id == version_id).values(**values))


def _take_known(connection: Connection, version: ModelVersion, job_id: str) -> Added | None:
    """The model's version that has the same content, made usable again if it is not; None when there is none."""
    known = connection.execute(
        select(versions.c.id, versions.c.number, versions.c.state, versions.c.deleted_at)
        .where(versions.c.model == version.model, versions.c.content_hash == version.content_hash)
        .order_by(versions.c.deleted_at.is_not(None), versions.c.number.desc())
        .limit(1)
    ).one_or_none()
    if known is None:
        return None
    here = versions.c.id == known.id
    outcome = Outcome.KNOWN
    if known.deleted_at is not None:
        connection.execute(update(versions).where(here).values(deleted_at=None))
        outcome = Outcome.RESTORED
    if known.state == State.FAILED:
        again = {name: getattr(version, name) for name in _OF_THE_ATTEMPT}
        connection.execute(update(versions).where(here).values(**again, state=State.PENDING, file_freed_at=None))
        _queue(connection, known.id, job_id, version.owner_id)
        return Added(known.id, known.number, job_id, JobState.QUEUED, Outcome.RETRIED)
    job = _last_preparation(connection, known.id)
    return Added(known.id, known.number, job.id, JobState(job.state), outcome)


def _last_preparation(connection: Connection, version_id: str) -> Row[*tuple[object, ...]]:
    query = select(jobs.c.id, jobs.c.state).where(jobs.c.version_id == version_id, jobs.c.kind == JobKind.PREPARE)
    return connection.execute(query.order_by(jobs.c.created_at.desc()).limit(1)).one()


def _add_new(connection: Connection, version: ModelVersion, job_id: str) -> Added:
    number: int = connection.execute(
        update(models)
        .where(models.c.name == version.model)
        .values(last_number=models.c.last_number + 1)
        .returning(models.c.last_number)
    ).scalar_one()
    values = {name: value for name, value in asdict(version).items() if name not in _NOT_STORED}
    connection.execute(insert(versions).values({**values, "number": number}))
    _queue(connection, version.id, job_id, version.owner_id)
    return Added(version.id, number, job_id, JobState.QUEUED, Outcome.NEW)


def _queue(connection: Connection, version_id: str, job_id: str, owner_id: int) -> None:
    waiting = {"state": JobState.QUEUED, "phase": Phase.QUEUED}
    connection.execute(
        insert(jobs).values(id=job_id, kind=JobKind.PREPARE, version_id=version_id, owner_id=owner_id, **waiting)
    )


def _named(query: Select[*tuple[object, ...]], ref: VersionRef) -> Select[*tuple[object, ...]]:
    if ref.number is not None:
        return query.where(versions.c.number == ref.number)
    if ref.alias is not None:
        named = (model_aliases.c.model == versions.c.model) & (model_aliases.c.version_id == versions.c.id)
        return query.join(model_aliases, named).where(model_aliases.c.name == ref.alias)
    if ref.content_hash is not None:
        same = query.where(versions.c.content_hash == ref.content_hash)
        return same.order_by(versions.c.deleted_at.is_not(None), *_BEST_FIRST)
    return query.where(_LIVE).order_by(*_BEST_FIRST)


def _select() -> Select[*tuple[object, ...]]:
    columns = [column for column in versions.c if column.name != "deleted_at"]
    # A version goes with its model.
    deleted_at = func.coalesce(versions.c.deleted_at, models.c.deleted_at).label("deleted_at")
    return (
        select(*columns, deleted_at, users.c.name.label("owner"), users.c.id.label("owner_id"))
        .join(models, models.c.name == versions.c.model)
        .join(users, users.c.id == models.c.owner_id)
    )


def _version(row: Row[*tuple[object, ...]]) -> ModelVersion:
    values = dict(row._mapping)
    return ModelVersion(**{**values, "state": State(values["state"])})
