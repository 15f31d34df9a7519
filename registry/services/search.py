"""Finding models: what people write → what is asked of the index."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from registry.domain.entities import State, User
from registry.domain.errors.invalid import InvalidRequest
from registry.domain.ports.search import SearchIndex
from registry.domain.ranges import Interval, RangeError, number_range, version_range
from registry.domain.search import Found, Search, Sort
from registry.domain.words import query_words

_RANGES: Mapping[str, tuple[str, Callable[[str], Interval]]] = {
    "row": ("rows", number_range),
    "column": ("columns", number_range),
    "missing": ("missing", number_range),
    "classes": ("classes", number_range),
    "language_version": ("language_version", version_range),
}
_MOST_WORDS = 20


class SearchService:
    """Searches the models that someone may see."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def warm(self) -> None:
        """Read what the first question would else have to wait for."""
        self._index.warm()

    def find(
        self,
        viewer: User | None,
        *,
        q: str = "",
        ranges: Mapping[str, str],
        tags: Sequence[str] = (),
        state: str | None = None,
        sort: str | None = None,
        **exactly: Any,
    ) -> Found:
        """A page of models. `ranges` are of row, column, missing, classes, language_version; `sort` may begin with `-`.

        Raises InvalidRequest: a range with its position and what was expected there, a regular expression that RE2
        does not take, or that takes too long.
        """
        words = query_words(q)
        if len(words) > _MOST_WORDS or (q.strip() and not words):
            raise InvalidRequest(
                f"`q` has {len(words)} words to search for; it can have 1 to {_MOST_WORDS}.",
                problems=[{"field": "q", "reason": f"1 to {_MOST_WORDS} words of letters and digits"}],
            )
        sort = sort or (Sort.RELEVANCE if words else Sort.NAME)
        return self._index.find(
            Search(
                words=tuple(words),
                tags=tuple(tags),
                state=None if state is None else State(state),
                sort=Sort(sort.removeprefix("-")),
                descending=sort.startswith("-"),
                **_intervals(ranges),
                **exactly,
            ),
            viewer,
        )


def _intervals(ranges: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Interval] = {}
    problems: list[dict[str, Any]] = []
    for name, text in ranges.items():
        member, parse = _RANGES[name]
        try:
            found[member] = parse(text)
        except RangeError as error:
            problems.append(
                {"field": name, "position": error.position, "expected": error.expected, "reason": str(error)}
            )
    if problems:
        raise InvalidRequest(
            f"`{problems[0]['field']}` is not a range. {problems[0]['reason']}",
            next="Write comparisons with ; between them, as in >1000;<10000;",
            problems=problems,
        )
    return found
