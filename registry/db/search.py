"""Searching the lake's models: one query over the index, for SQLite (FTS5) and Postgres (tsvector)."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    and_,
    case,
    cast,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from registry.db.search_names import Names
from registry.db.tables import datasets, model_shares, models, search_models, search_tags, users, versions
from registry.domain.access import Visibility
from registry.domain.entities import State, User
from registry.domain.ranges import LARGEST, Interval
from registry.domain.search import Found, FoundModel, Search, Sort

_Condition = ColumnElement[bool]
# A shorter word is the beginning of too much: it must be a whole one.
_SHORTEST_BEGINNING = 3
# Of more than that, those come first that have the words in their name.
_MOST_RANKED = 3_000
# Of D, C, B, A: the card, the description, tags and columns, the name.
_WEIGHTS: ColumnElement[Any] = literal_column("'{0.1, 0.3, 0.5, 1.0}'::real[]")
_VECTORS = table("search_text", column("id"), column("vector", TSVECTOR))
# FTS5 has a column of the table's own name, which stands for the whole row.
_FTS = table("search_text", column("rowid"), column("search_text"))
_SORTS = {
    Sort.NAME: search_models.c.model,
    Sort.CREATED: search_models.c.created_at,
    Sort.ROWS: search_models.c.rows,
    Sort.COLUMNS: search_models.c.columns,
}
_RANGES = {
    "rows": search_models.c.rows,
    "columns": search_models.c.columns,
    "missing": search_models.c.missing,
    "classes": search_models.c.classes,
    "language_version": search_models.c.language_key,
}


class SqlSearch:
    """The `SearchIndex` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._names = Names()
        self._postgres = engine.dialect.name == "postgresql"

    def find(self, search: Search, viewer: User | None) -> Found:
        with self._reads.connect() as connection:
            conditions = [_visible(viewer), *_conditions(search)]
            if search.regex:
                conditions.append(self._of(*self._names.matching(connection, search.regex)))
            source, rank = self._matching(search)
            total = connection.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
            page = (
                select(search_models.c.id)
                .select_from(source)
                .where(*conditions)
                .order_by(*_order(search, rank if total <= _MOST_RANKED else None))
                .limit(search.per_page)
                .offset((search.page - 1) * search.per_page)
            )
            ids = [*connection.execute(page).scalars()]
            rows = {row.id: row for row in connection.execute(_documents(ids))} if ids else {}
        return Found([_found(rows[number]) for number in ids if number in rows], total)

    def _matching(self, search: Search) -> tuple[Any, Any]:
        """What to select from, and what of it says how well the words match (more is better)."""
        if not search.words:
            return search_models, None
        if self._postgres:
            beginnings = [f"'{word}'" + (":*" if len(word) >= _SHORTEST_BEGINNING else "") for word in search.words]
            query = cast(" & ".join(beginnings), TSQUERY)
            rank: ColumnElement[Any] = func.ts_rank(_WEIGHTS, _VECTORS.c.vector, query)
            found = select(_VECTORS.c.id, rank.label("rank")).where(_VECTORS.c.vector.op("@@")(query))
        else:
            beginnings = [f'"{word}"' + ("*" if len(word) >= _SHORTEST_BEGINNING else "") for word in search.words]
            rank = literal_column("-bm25(search_text, 10.0, 5.0, 3.0, 1.0)")
            found = select(_FTS.c.rowid.label("id"), rank.label("rank"))
            found = found.where(_FTS.c.search_text.op("MATCH")(" ".join(beginnings)))
        matched = found.subquery("matched")
        return matched.join(search_models, search_models.c.id == matched.c.id), matched.c.rank

    def _of(self, ids: list[int], positive: bool) -> Any:
        """The models of these ids, or those of no such id."""
        if self._postgres:
            among = text(
                "search_models.id = ANY(CAST(:ids AS integer[]))"
                if positive
                else "search_models.id <> ALL(CAST(:ids AS integer[]))"
            )
            return among.bindparams(ids=ids)
        listed = text("SELECT value FROM json_each(:ids)").bindparams(ids=f"{ids}").columns(search_models.c.id)
        return search_models.c.id.in_(listed) if positive else search_models.c.id.not_in(listed)


def _order(search: Search, rank: Any) -> list[Any]:
    """`rank` is None where there is nothing to rank, or too much."""
    if search.sort is Sort.RELEVANCE and search.words:
        named = and_(*(func.lower(search_models.c.model).contains(word) for word in search.words))
        first = case((named, 1), else_=0) if rank is None else rank
        return [first.asc() if search.descending else first.desc(), search_models.c.model]
    chosen = _SORTS.get(search.sort, search_models.c.model)
    ordered = chosen.desc() if search.descending else chosen.asc()
    return [ordered.nulls_last() if chosen.nullable else ordered, search_models.c.id]


def _conditions(search: Search) -> list[_Condition]:
    found: list[_Condition] = []
    if search.owner is not None:
        owner = select(users.c.id).where(users.c.name == search.owner).scalar_subquery()
        found.append(search_models.c.owner_id == owner)
    for tag in search.tags:
        tagged = select(search_tags.c.id).where(search_tags.c.tag == tag.casefold()[:100])
        found.append(search_models.c.id.in_(tagged))
    for name in ("language", "flavour", "state"):
        wanted = getattr(search, name)
        if wanted is not None:
            found.append(search_models.c[name] == wanted)
    for name, numbers in _RANGES.items():
        interval: Interval | None = getattr(search, name)
        if interval is not None:
            found += _within(numbers, interval)
    return found


def _within(numbers: Any, interval: Interval) -> list[_Condition]:
    """What is not known is in no range."""
    low, high = interval.low, interval.high
    if (low is not None and low > LARGEST) or (high is not None and high < 0):
        return [false()]
    below, above = ([] if low is None else [numbers >= low]), ([] if high is None else [numbers <= high])
    return [numbers.is_not(None), *below, *above]


def _visible(viewer: User | None) -> _Condition:
    """As `registry.db.access.visible_models` decides, by what the index has of it."""
    public = search_models.c.visibility == Visibility.PUBLIC
    if viewer is None:
        return public
    if viewer.is_admin:
        return true()
    shared = select(model_shares.c.model).where(model_shares.c.user_id == viewer.id)
    return or_(public, search_models.c.owner_id == viewer.id, search_models.c.model.in_(shared))


def _documents(ids: list[int]) -> Select[Any]:
    of_model = ("visibility", "description", "tags", "created_at")
    of_version = (
        "number",
        "state",
        "language",
        "language_version",
        "flavour",
        "target",
        "task",
        "classes",
        "found_tags",
    )
    return (
        select(
            search_models.c.id,
            models.c.name,
            users.c.name.label("owner"),
            *(models.c[name] for name in of_model),
            *(versions.c[name] for name in of_version),
            *(datasets.c[name] for name in ("rows", "columns", "missing")),
        )
        .join_from(search_models, versions, versions.c.id == search_models.c.version_id)
        # By the version's name of it: the index has names in another collation, for which no other has an index.
        .join(models, models.c.name == versions.c.model)
        .join(users, users.c.id == models.c.owner_id)
        .outerjoin(datasets, datasets.c.hash == versions.c.dataset_hash)
        .where(search_models.c.id.in_(ids))
    )


def _found(row: Any) -> FoundModel:
    values = {key: value for key, value in row._mapping.items() if key not in ("id", "number")}
    return FoundModel(**{**values, "version": row.number, "state": State(values["state"])})
