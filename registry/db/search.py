"""Searching the lake's models, over the index that `registry.db.search_index` keeps.

First the ids of what is found, up to MOST_COUNTED. If that is all, these are ranked or sorted; if there are more, the
index of the order that was asked for is walked until the page is full: what is everywhere is soon found.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Select,
    case,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
)

from registry.db.search_names import Names
from registry.db.search_words import PostgresTexts, SqliteTexts, Texts
from registry.db.tables import datasets, model_shares, models, search_models, search_tags, users, versions
from registry.domain.access import Visibility
from registry.domain.entities import State, User
from registry.domain.ranges import LARGEST, Interval
from registry.domain.search import MOST_COUNTED, Found, FoundModel, Search, Sort

_Condition = ColumnElement[bool]
# Of more than that, those come first that have the words in their name.
_MOST_RANKED = 3_000
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
        self._texts: Texts = PostgresTexts() if self._postgres else SqliteTexts()

    def warm(self) -> None:
        with self._reads.connect() as connection:
            self._names.read(connection)

    def find(self, search: Search, viewer: User | None) -> Found:
        with self._reads.connect() as connection:
            source, conditions = self._source(search), [_visible(viewer), *_conditions(search)]
            if search.regex:
                conditions.append(self._among(*self._names.matching(connection, search.regex)))
            wanted = select(search_models.c.id).select_from(source).where(*conditions)
            found = [*connection.execute(wanted.limit(MOST_COUNTED + 1)).scalars()]
            more = len(found) > MOST_COUNTED
            if more and self._postgres and _by_relevance(search):
                ids = self._named_first(connection, search, wanted)
            else:
                query = wanted if more else select(search_models.c.id).where(self._among(found))
                ids = _page(connection, search, self._sorted(search, query, len(found)))
            rows = {row.id: row for row in connection.execute(_documents(ids))} if ids else {}
        return Found([_found(rows[number]) for number in ids if number in rows], min(len(found), MOST_COUNTED), more)

    def _source(self, search: Search) -> Any:
        if not search.words:
            return search_models
        matched = self._texts.matching(search.words, _facets(search))
        return matched.join(search_models, search_models.c.id == matched.c.id)

    def _sorted(self, search: Search, query: Select[tuple[int]], number: int) -> Select[tuple[int]]:
        """In the order that was asked for; `number`: how many they are."""
        if not _by_relevance(search):
            return query.order_by(*_order(search))
        rank: ColumnElement[Any] = case((self._texts.named(search.words), 1), else_=0)
        if number <= _MOST_RANKED:
            ranked = self._texts.ranked(search.words)
            query, rank = query.join_from(search_models, ranked, ranked.c.id == search_models.c.id), ranked.c.rank
        return query.order_by(rank.asc() if search.descending else rank.desc(), search_models.c.model)

    def _named_first(self, connection: Connection, search: Search, wanted: Select[tuple[int]]) -> list[int]:
        """The page of those that have the words in their name, and then the others: two walks instead of a sort."""
        named = self._texts.named(search.words)
        first, then = (wanted.where(each) for each in ((~named, named) if search.descending else (named, ~named)))
        found = _page(connection, search, first.order_by(search_models.c.model))
        if len(found) == search.per_page:
            return found
        begin = (search.page - 1) * search.per_page
        before = begin + len(found)
        if begin and not found:
            before = connection.execute(select(func.count()).select_from(first.subquery())).scalar_one()
        rest = then.order_by(search_models.c.model).limit(search.per_page - len(found)).offset(max(0, begin - before))
        return [*found, *connection.execute(rest).scalars()]

    def _among(self, ids: list[int], positive: bool = True) -> Any:
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


def _page(connection: Connection, search: Search, query: Select[tuple[int]]) -> list[int]:
    page = query.limit(search.per_page).offset((search.page - 1) * search.per_page)
    return [*connection.execute(page).scalars()]


def _by_relevance(search: Search) -> bool:
    return search.sort is Sort.RELEVANCE and bool(search.words)


def _order(search: Search) -> list[Any]:
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


def _facets(search: Search) -> dict[str, Any]:
    """What must be exactly so; it is among the conditions, too."""
    facets = {name: getattr(search, name) for name in ("language", "flavour", "state")}
    only = search.classes
    return facets | {"classes": only.low if only is not None and only.low == only.high else None}


def _within(numbers: Any, interval: Interval) -> list[_Condition]:
    """What is not known is in no range."""
    low, high = interval.low, interval.high
    if (low is not None and low > LARGEST) or (high is not None and high < 0):
        return [false()]
    # Any number may be asked for, whatever the column holds: Postgres takes none for a type that it does not fit into.
    below = [] if low is None else [numbers >= literal(low, BigInteger)]
    above = [] if high is None else [numbers <= literal(high, BigInteger)]
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
