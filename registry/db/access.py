"""Who may see what, in SQL: the conditions that lists are filtered by, and the look-up of one thing."""

from collections.abc import Callable, Collection
from itertools import groupby

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    true,
    update,
)

from registry.db.tables import (
    dataset_alias_shares,
    dataset_aliases,
    datasets,
    environments,
    explanations,
    jobs,
    model_shares,
    models,
    resolutions,
    users,
    versions,
)
from registry.domain.access import AliasAudience, Audience, Standing, Thing, Visibility
from registry.domain.entities import JobKind, User
from registry.domain.errors.invalid import InvalidRequest

_Condition = ColumnElement[bool]
_ForUser = Callable[[int | None], _Condition]


def visible_models(viewer: User | None) -> _Condition:
    """The rows of `models` that `viewer` may see; None for a caller without a token."""
    return _visible(viewer, _owns_model, _shared_model, models.c.visibility == Visibility.PUBLIC)


def visible_aliases(viewer: User | None) -> _Condition:
    """The rows of `dataset_aliases` that `viewer` may see."""
    return _visible(viewer, _owns_alias, _shared_alias, dataset_aliases.c.visibility == Visibility.PUBLIC)


def visible_datasets(viewer: User | None) -> _Condition:
    """The rows of `datasets` of which `viewer` may see an alias."""
    if viewer is not None and viewer.is_admin:
        return true()
    return _has_alias(visible_aliases(viewer))


class SqlAccess:
    """The `Access` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)

    def standing(self, thing: Thing, name: str, user_id: int | None) -> Standing | None:
        with self._reads.connect() as connection:
            row = connection.execute(_STANDINGS[thing](name, user_id)).one_or_none()
        return None if row is None else Standing(*map(bool, row))

    def audience(self, model: str) -> Audience:
        shared_with = (
            select(users.c.name)
            .join_from(model_shares, users)
            .where(model_shares.c.model == model)
            .order_by(users.c.name)
        )
        with self._reads.connect() as connection:
            visibility = connection.execute(select(models.c.visibility).where(models.c.name == model)).scalar_one()
            return Audience(Visibility(visibility), tuple(connection.execute(shared_with).scalars()))

    def set_audience(self, model: str, audience: Audience) -> None:
        with self._writes.begin() as connection:
            ids = _ids(connection, audience.users)
            connection.execute(update(models).where(models.c.name == model).values(visibility=audience.visibility))
            connection.execute(delete(model_shares).where(model_shares.c.model == model))
            if ids:
                connection.execute(insert(model_shares), [{"model": model, "user_id": each} for each in ids])

    def alias_audiences(self, content_hash: str, owner: str | None, name: str | None) -> list[AliasAudience]:
        owners, guests = users.alias(), users.alias()
        query = (
            select(
                dataset_aliases.c.id,
                dataset_aliases.c.name,
                owners.c.name.label("owner"),
                dataset_aliases.c.visibility,
                guests.c.name.label("guest"),
            )
            .join_from(dataset_aliases, owners, owners.c.id == dataset_aliases.c.owner_id)
            .outerjoin(dataset_alias_shares, dataset_alias_shares.c.alias_id == dataset_aliases.c.id)
            .outerjoin(guests, guests.c.id == dataset_alias_shares.c.user_id)
            .where(dataset_aliases.c.dataset_hash == content_hash)
            .order_by(dataset_aliases.c.id, guests.c.name)
        )
        query = query if owner is None else query.where(owners.c.name == owner)
        query = query if name is None else query.where(dataset_aliases.c.name == name)
        with self._reads.connect() as connection:
            rows = connection.execute(query).all()
        found = []
        for _, same in groupby(rows, key=lambda row: row.id):
            alias, *more = same
            guests_of_it = tuple(row.guest for row in (alias, *more) if row.guest is not None)
            found.append(AliasAudience(alias.name, alias.owner, Audience(Visibility(alias.visibility), guests_of_it)))
        return found

    def set_alias_audiences(self, content_hash: str, owner: str, name: str | None, audience: Audience) -> None:
        aliases = dataset_aliases.c
        named = (
            select(aliases.id)
            .join_from(dataset_aliases, users)
            .where(aliases.dataset_hash == content_hash, users.c.name == owner)
        )
        named = named if name is None else named.where(aliases.name == name)
        with self._writes.begin() as connection:
            ids, alias_ids = _ids(connection, audience.users), [*connection.execute(named).scalars()]
            these = update(dataset_aliases).where(aliases.id.in_(alias_ids))
            connection.execute(these.values(visibility=audience.visibility))
            connection.execute(delete(dataset_alias_shares).where(dataset_alias_shares.c.alias_id.in_(alias_ids)))
            shares = [{"alias_id": alias, "user_id": user} for alias in alias_ids for user in ids]
            if shares:
                connection.execute(insert(dataset_alias_shares), shares)


def _ids(connection: Connection, names: Collection[str]) -> list[int]:
    known = {
        row.name: row.id for row in connection.execute(select(users.c.name, users.c.id).where(users.c.name.in_(names)))
    }
    unknown = [{"field": "users", "reason": f"there is no user {name!r}"} for name in names if name not in known]
    if unknown:
        raise InvalidRequest("It cannot be shared with users that do not exist.", problems=unknown)
    return [*known.values()]


_Standing = Select[bool, bool, bool]


def _model(name: str, user_id: int | None) -> _Standing:
    return _standing_to_model(user_id).where(models.c.name == name)


def _job(job_id: str, user_id: int | None) -> _Standing:
    """Who sees a model sees how it was prepared; what else was asked of it is between the lake and who asked."""
    prepares = jobs.c.kind == JobKind.PREPARE
    asked = false() if user_id is None else jobs.c.owner_id == user_id
    found = select(
        or_(asked, and_(prepares, _owns_model(user_id))),
        and_(prepares, _shared_model(user_id)),
        and_(prepares, models.c.visibility == Visibility.PUBLIC),
    )
    return found.join_from(jobs, versions).join(models, models.c.name == versions.c.model).where(jobs.c.id == job_id)


def _explanation(explanation_id: str, user_id: int | None) -> _Standing:
    asked = false() if user_id is None else explanations.c.owner_id == user_id
    return select(asked, false(), false()).where(explanations.c.id == explanation_id)


def _standing_to_model(user_id: int | None) -> _Standing:
    return select(_owns_model(user_id), _shared_model(user_id), models.c.visibility == Visibility.PUBLIC)


def _dataset(content_hash: str, user_id: int | None) -> _Standing:
    return select(
        _has_alias(_owns_alias(user_id)),
        _has_alias(_shared_alias(user_id)),
        _has_alias(dataset_aliases.c.visibility == Visibility.PUBLIC),
    ).where(datasets.c.hash == content_hash)


def _environment(environment_id: str, user_id: int | None) -> _Standing:
    def some(condition: _Condition) -> _Condition:
        leads_here = select(resolutions.c.key).where(resolutions.c.environment_id == environment_id)
        runs_here = (versions.c.environment_id == environment_id) | versions.c.resolution_key.in_(leads_here)
        return exists().where(versions.c.model == models.c.name, runs_here, condition)

    return select(
        some(_owns_model(user_id)),
        some(_shared_model(user_id)),
        some(models.c.visibility == Visibility.PUBLIC),
    ).where(environments.c.id == environment_id)


_STANDINGS = {
    Thing.MODEL: _model,
    Thing.DATASET: _dataset,
    Thing.JOB: _job,
    Thing.ENVIRONMENT: _environment,
    Thing.EXPLANATION: _explanation,
}


def _visible(viewer: User | None, owns: _ForUser, shared: _ForUser, public: _Condition) -> _Condition:
    if viewer is None:
        return public
    if viewer.is_admin:
        return true()
    return or_(owns(viewer.id), shared(viewer.id), public)


def _owns_model(user_id: int | None) -> _Condition:
    return false() if user_id is None else models.c.owner_id == user_id


def _shared_model(user_id: int | None) -> _Condition:
    if user_id is None:
        return false()
    shares = model_shares.c
    return exists().where(shares.model == models.c.name, shares.user_id == user_id)


def _owns_alias(user_id: int | None) -> _Condition:
    return false() if user_id is None else dataset_aliases.c.owner_id == user_id


def _shared_alias(user_id: int | None) -> _Condition:
    if user_id is None:
        return false()
    shares = dataset_alias_shares.c
    return exists().where(shares.alias_id == dataset_aliases.c.id, shares.user_id == user_id)


def _has_alias(condition: _Condition) -> _Condition:
    return exists().where(dataset_aliases.c.dataset_hash == datasets.c.hash, condition)
