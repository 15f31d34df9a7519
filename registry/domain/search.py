"""What can be asked of the lake's models, and what is found (pure)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.domain.entities import State
from registry.domain.ranges import Interval

LONGEST_REGEX = 200
# More are not counted: nobody reads them, and counting takes longer than finding.
MOST_COUNTED = 10_000


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NAME = "name"
    CREATED = "created"
    ROWS = "rows"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Search:
    """All that is set must hold; of `tags` and `words` all must be there, a word as the beginning of one.

    `language_version` is of `registry.domain.ranges.version_key`s. `page` counts from 1.
    """

    words: tuple[str, ...] = ()
    regex: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    language_version: Interval | None = None
    flavour: str | None = None
    state: State | None = None
    rows: Interval | None = None
    columns: Interval | None = None
    missing: Interval | None = None
    classes: Interval | None = None
    sort: Sort = Sort.NAME
    descending: bool = False
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model, with the version that a prediction would use; numbers are of its dataset, None where not known."""

    name: str
    owner: str
    visibility: str
    description: str
    tags: list[str]
    found_tags: list[str]
    version: int
    state: State
    language: str
    language_version: str
    flavour: str
    target: str
    task: str | None
    classes: int | None
    rows: int | None
    columns: int | None
    missing: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found; `total` is of all pages, and of MOST_COUNTED models where there are `more`."""

    models: list[FoundModel]
    total: int
    more: bool = False
