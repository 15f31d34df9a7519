"""The search index: one row per model, made anew in the transaction that changes the model.

Triggers note in `search_stale` which models a transaction changed, whoever changes them (migration 0005); before it
commits, `refresh` makes their rows of what they are now. So nothing that writes has to think of the index.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, case, delete, event, func, insert, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.search_words import facet_words
from registry.db.tables import datasets, models, search_models, search_stale, search_tags, versions
from registry.domain.entities import State
from registry.domain.ranges import version_key
from registry.domain.words import words

_BATCH = 500
# A tsvector knows positions up to 16383, and is at most 1 MiB.
_MOST_WORDS = 16_000
_MOST_CHARACTERS = 200_000
_MOST_POSITIONS = 20
_FIELDS = ("name", "tags", "description", "card")
_WEIGHTS = "ABCD"


def keep_fresh(engine: Engine) -> None:
    """From here on every transaction of the engine that writes refreshes the index before it commits."""
    there = False

    @event.listens_for(engine, "commit")
    def _refresh(connection: Connection) -> None:
        nonlocal there
        if not connection.get_execution_options().get("writes"):
            return
        # A database on its way to the migration that makes the index has none yet.
        there = there or inspect(connection).has_table(search_stale.name)
        if there:
            refresh(connection)


def refresh(connection: Connection) -> None:
    """Make the rows of all models anew that are noted as stale."""
    stale = sorted({*connection.execute(delete(search_stale).returning(search_stale.c.model)).scalars()})
    for start in range(0, len(stale), _BATCH):
        _refresh(connection, stale[start : start + _BATCH])


def _refresh(connection: Connection, names: Sequence[str]) -> None:
    postgres = connection.dialect.name == "postgresql"
    if postgres:
        # Who comes second to a model sees what the first one has committed, and so writes the newer row.
        connection.execute(_LOCK, {"names": [*names]})
    found = [*connection.execute(_select(names))]
    gone = set(names) - {row.model for row in found}
    if gone:
        _forget(connection, [*connection.execute(_ids(gone)).scalars()])
    if not found:
        return
    upsert = (postgresql.insert if postgres else sqlite.insert)(search_models)
    changed = {name: upsert.excluded[name] for name in _row(found[0]) if name != "model"}
    connection.execute(
        upsert.on_conflict_do_update(index_elements=["model"], set_=changed), [_row(each) for each in found]
    )
    ids = {row.model: row.id for row in connection.execute(_with_ids([row.model for row in found]))}
    connection.execute(delete(search_tags).where(search_tags.c.id.in_(ids.values())))
    tags = [{"id": ids[row.model], "tag": tag} for row in found for tag in _tags(row)]
    if tags:
        connection.execute(insert(search_tags), tags)
    texts = [(ids[row.model], _texts(row)) for row in found]
    if postgres:
        vectors = [
            {"id": number, "vector": " ".join([_vector(fields), *facet_words(row._mapping)])}
            for (number, fields), row in zip(texts, found, strict=True)
        ]
        connection.execute(_INTO_VECTOR, vectors)
    else:
        connection.execute(_OUT_OF_FTS, [{"id": number} for number, _ in texts])
        connection.execute(
            _INTO_FTS,
            [
                {"id": number, **{name: " ".join(each) for name, each in zip(_FIELDS, fields, strict=True)}}
                for number, fields in texts
            ],
        )


_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('weles.search/' || name, 0)) "
    "FROM unnest(CAST(:names AS text[])) AS name"
)
_INTO_VECTOR = text(
    "INSERT INTO search_text (id, vector) VALUES (:id, CAST(:vector AS tsvector)) "
    "ON CONFLICT (id) DO UPDATE SET vector = excluded.vector"
)
_OUT_OF_FTS = text("DELETE FROM search_text WHERE rowid = :id")
_INTO_FTS = text(
    "INSERT INTO search_text (rowid, name, tags, description, card) VALUES (:id, :name, :tags, :description, :card)"
)


def _forget(connection: Connection, ids: list[int]) -> None:
    if not ids:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(_OUT_OF_FTS, [{"id": number} for number in ids])
    # On Postgres the text goes with the row.
    connection.execute(delete(search_models).where(search_models.c.id.in_(ids)))


def _select(names: Iterable[str]) -> Any:
    """Of each of these models that is not deleted: itself, its best version, that one's dataset."""
    best = (case((versions.c.state == State.READY, 0), else_=1), versions.c.number.desc())
    rank = func.row_number().over(partition_by=versions.c.model, order_by=best).label("rank")
    ranked = (
        select(versions.c.id, rank)
        .join_from(versions, models, models.c.name == versions.c.model)
        .where(versions.c.model.in_(names), versions.c.deleted_at.is_(None), models.c.deleted_at.is_(None))
        .subquery()
    )
    of_version = (
        *("model", "state", "language", "language_version", "flavour", "classes"),
        *("inputs", "target", "model_class", "found_tags", "dataset_name"),
    )
    return (
        select(
            *(versions.c[name] for name in of_version),
            versions.c.id.label("version_id"),
            *(models.c[name] for name in ("owner_id", "visibility", "description", "card", "tags", "created_at")),
            *(datasets.c[name] for name in ("rows", "columns", "missing")),
        )
        .join_from(ranked, versions, versions.c.id == ranked.c.id)
        .join(models, models.c.name == versions.c.model)
        .outerjoin(datasets, datasets.c.hash == versions.c.dataset_hash)
        .where(ranked.c.rank == 1)
    )


def _ids(names: Iterable[str]) -> Any:
    return select(search_models.c.id).where(search_models.c.model.in_(names))


def _with_ids(names: Iterable[str]) -> Any:
    return select(search_models.c.model, search_models.c.id).where(search_models.c.model.in_(names))


def _row(found: Row[Any]) -> dict[str, Any]:
    plain = ("model", "version_id", "owner_id", "visibility", "state", "language", "flavour", "classes")
    row = {name: getattr(found, name) for name in (*plain, "rows", "columns", "missing", "created_at")}
    try:
        row["language_key"] = version_key(found.language_version)
    except ValueError:
        row["language_key"] = None
    return row


def _tags(found: Row[Any]) -> list[str]:
    """Given and found ones, without case."""
    return [*dict.fromkeys(tag.casefold()[:100] for tag in (*found.tags, *found.found_tags))]


def _texts(found: Row[Any]) -> list[list[str]]:
    """The words of _FIELDS, the most telling first."""
    columns = [column["name"] for column in found.inputs]
    named = (*found.tags, *found.found_tags, found.target, found.model_class, found.dataset_name, *columns)
    sources = (found.model, " ".join(named), found.description, found.card)
    left, texts = _MOST_WORDS, []
    for source in sources:
        texts.append(words(source[:_MOST_CHARACTERS])[:left])
        left -= len(texts[-1])
    return texts


def _vector(fields: Sequence[Sequence[str]]) -> str:
    """The text of a tsvector: each word with its places and their weights."""
    places: dict[str, list[str]] = {}
    position = 0
    for weight, found in zip(_WEIGHTS, fields, strict=True):
        for word in found:
            position += 1
            known = places.setdefault(word, [])
            if len(known) < _MOST_POSITIONS:
                known.append(f"{position}{weight}")
    return " ".join(f"'{word}':{','.join(known)}" for word, known in places.items())
