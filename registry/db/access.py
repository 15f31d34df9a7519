"""Who may see what, in SQL: the conditions that lists are filtered by, and the look-up of one thing."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, Engine, Select, exists, false, or_, select, true

from registry.db.tables import (
    dataset_alias_shares,
    dataset_aliases,
    datasets,
    environments,
    jobs,
    model_shares,
    models,
    resolutions,
    versions,
)
from registry.domain.access import Standing, Thing, Visibility
from registry.domain.entities import User

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


_Standing = Select[bool, bool, bool]


def _model(name: str, user_id: int | None) -> _Standing:
    return _standing_to_model(user_id).where(models.c.name == name)


def _job(job_id: str, user_id: int | None) -> _Standing:
    found = _standing_to_model(user_id).join_from(jobs, versions).join(models, models.c.name == versions.c.model)
    return found.where(jobs.c.id == job_id)


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


_STANDINGS = {Thing.MODEL: _model, Thing.DATASET: _dataset, Thing.JOB: _job, Thing.ENVIRONMENT: _environment}


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
