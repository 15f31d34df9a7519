"""Models by the words of their texts: FTS5 on SQLite, tsvector on Postgres."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Subquery, and_, cast, column, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from registry.db.tables import search_models

# A shorter word is the beginning of too much: it must be a whole one.
_SHORTEST_BEGINNING = 3
# Of D, C, B, A: the card, the description, tags and columns, the name.
_WEIGHTS: ColumnElement[Any] = literal_column("'{0.1, 0.3, 0.5, 1.0}'::real[]")
# Each value of these is a word of a tsvector, too: then one look at the index leaves few rows to be looked at.
FACETS = ("state", "language", "flavour", "classes")
_NONE: Mapping[str, Any] = {}
_VECTORS = table("search_text", column("id"), column("vector", TSVECTOR))
# FTS5 has a column of the table's own name, which stands for the whole row.
_FTS = table("search_text", column("rowid"), column("search_text"))


class Texts(Protocol):
    """What a database knows of words. All of them must be there, each as the beginning of one."""

    def matching(self, words: Sequence[str], facets: Mapping[str, Any]) -> Subquery:
        """`id`s of the models that have them; of these, those that have not such `facets` may be left out."""
        ...

    def ranked(self, words: Sequence[str]) -> Subquery:
        """The same `id`s, with a `rank`: the more telling, the larger."""
        ...

    def named(self, words: Sequence[str]) -> ColumnElement[bool]:
        """Of the models that have them: whether they have them in their name."""
        ...


def facet_words(facets: Mapping[str, Any]) -> list[str]:
    """The value of each as a word, as it is written in a tsvector or a tsquery; no word of a text is like it."""
    values = {name: f"={name}:{facets[name]}" for name in FACETS if facets.get(name) is not None}
    return ["'" + each.replace("\\", "\\\\").replace("'", "''") + "'" for each in values.values()]


class PostgresTexts:
    """Over the tsvectors that `registry.db.search_index` makes."""

    def matching(self, words: Sequence[str], facets: Mapping[str, Any]) -> Subquery:
        return select(_VECTORS.c.id).where(self._match(words, facets)).subquery("matched")

    def ranked(self, words: Sequence[str]) -> Subquery:
        rank: ColumnElement[Any] = func.ts_rank(_WEIGHTS, _VECTORS.c.vector, self._query(words))
        return select(_VECTORS.c.id, rank.label("rank")).where(self._match(words)).subquery("ranked")

    def named(self, words: Sequence[str]) -> ColumnElement[bool]:
        return and_(*(func.lower(search_models.c.model).contains(word) for word in words))

    def _match(self, words: Sequence[str], facets: Mapping[str, Any] = _NONE) -> ColumnElement[bool]:
        return _VECTORS.c.vector.op("@@")(self._query(words, facets))

    def _query(self, words: Sequence[str], facets: Mapping[str, Any] = _NONE) -> ColumnElement[Any]:
        asked = [f"'{word}'" + (":*" if _is_beginning(word) else "") for word in words]
        return cast(" & ".join([*asked, *facet_words(facets)]), TSQUERY)


class SqliteTexts:
    """Over the FTS5 table that `registry.db.search_index` fills. Its rows need not be looked at: no facets."""

    def matching(self, words: Sequence[str], facets: Mapping[str, Any]) -> Subquery:
        return select(_FTS.c.rowid.label("id")).where(_match(self._query(words))).subquery("matched")

    def ranked(self, words: Sequence[str]) -> Subquery:
        rank: ColumnElement[Any] = literal_column("-bm25(search_text, 10.0, 5.0, 3.0, 1.0)")
        found = select(_FTS.c.rowid.label("id"), rank.label("rank"))
        return found.where(_match(self._query(words))).subquery("ranked")

    def named(self, words: Sequence[str]) -> ColumnElement[bool]:
        return search_models.c.id.in_(select(_FTS.c.rowid).where(_match(f"name : ({self._query(words)})")))

    def _query(self, words: Sequence[str]) -> str:
        return " ".join(f'"{word}"' + ("*" if _is_beginning(word) else "") for word in words)


def _match(query: str) -> ColumnElement[bool]:
    return _FTS.c.search_text.op("MATCH")(query)


def _is_beginning(word: str) -> bool:
    return len(word) >= _SHORTEST_BEGINNING
