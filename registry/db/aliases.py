"""Aliases of versions, and the history of their moves, in the database."""

from sqlalchemy import Connection, Engine, Row, Select, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.tables import alias_moves, model_aliases, models, users, versions
from registry.domain.entities import Alias, AliasMove, ModelVersion, User, now
from registry.domain.errors.state import AliasMoved, Deleted, NotFound

_ALIAS = (
    select(
        model_aliases.c.model,
        model_aliases.c.name,
        versions.c.number.label("version"),
        users.c.name.label("moved_by"),
        model_aliases.c.moved_at,
    )
    .join_from(model_aliases, versions, versions.c.id == model_aliases.c.version_id)
    .join(users, users.c.id == model_aliases.c.moved_by)
)


class SqlAliases:
    """The `Aliases` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def of_model(self, model: str) -> list[Alias]:
        query = _ALIAS.where(model_aliases.c.model == model).order_by(model_aliases.c.name)
        with self._reads.connect() as connection:
            return [Alias(**row._mapping) for row in connection.execute(query)]

    def put(self, model: str, alias: str, version: ModelVersion, by: User, expected: int | None = None) -> Alias:
        moved = now()
        with self._writes.begin() as connection:
            before = _found(connection, model, alias, expected)
            deleted_at = connection.execute(
                select(versions.c.deleted_at).where(versions.c.id == version.id).with_for_update()
            ).scalar_one_or_none()
            if deleted_at is not None:
                raise Deleted("version", f"{model}/{version.number}", deleted_at)
            if before is None or before.version != version.number:
                where = {"version_id": version.id, "moved_by": by.id, "moved_at": moved}
                connection.execute(
                    self._insert(model_aliases)
                    .values(model=model, name=alias, **where)
                    .on_conflict_do_update(index_elements=["model", "name"], set_=where)
                )
                _remember(connection, model, alias, before, version.number, by)
            row = connection.execute(_of(model, alias)).one()
        return Alias(**row._mapping)

    def remove(self, model: str, alias: str, by: User, expected: int | None = None) -> None:
        with self._writes.begin() as connection:
            before = _found(connection, model, alias, expected)
            if before is None:
                raise NotFound("alias", f"{model}@{alias}")
            here = (model_aliases.c.model == model) & (model_aliases.c.name == alias)
            connection.execute(delete(model_aliases).where(here))
            _remember(connection, model, alias, before, None, by)

    def moves(self, model: str, alias: str) -> list[AliasMove]:
        query = (
            select(
                alias_moves.c.alias,
                alias_moves.c.version_before,
                alias_moves.c.version_after,
                users.c.name.label("moved_by"),
                alias_moves.c.moved_at,
            )
            .join_from(alias_moves, users)
            .where(alias_moves.c.model == model, alias_moves.c.alias == alias)
            .order_by(alias_moves.c.id)
        )
        with self._reads.connect() as connection:
            return [AliasMove(**row._mapping) for row in connection.execute(query)]


def _of(model: str, alias: str) -> Select[*tuple[object, ...]]:
    return _ALIAS.where(model_aliases.c.model == model, model_aliases.c.name == alias)


def _found(connection: Connection, model: str, alias: str, expected: int | None) -> Row[*tuple[object, ...]] | None:
    """Where the alias is now; nobody else moves an alias of the model until the transaction is over."""
    connection.execute(select(models.c.name).where(models.c.name == model).with_for_update())
    row = connection.execute(_of(model, alias)).one_or_none()
    found = 0 if row is None else row.version
    if expected is not None and expected != found:
        raise AliasMoved(alias, expected, found)
    return row


def _remember(
    connection: Connection, model: str, alias: str, before: Row[*tuple[object, ...]] | None, after: int | None, by: User
) -> None:
    connection.execute(
        insert(alias_moves).values(
            model=model,
            alias=alias,
            version_before=None if before is None else before.version,
            version_after=after,
            moved_by=by.id,
            moved_at=now(),
        )
    )
