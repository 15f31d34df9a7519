"""Finding models: by their data's shape, their language's version, tags, owner, and words of their texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Union

from weles.connection import current
from weles.errors import InvalidRequest

__all__ = ["Found", "search"]

Range = Union[str, int, None]


@dataclass(frozen=True)
class Found:
    """One page of models, as documents. Iterating, `len` and `names` are of this page.

    `total` is of all pages; the lake counts up to 10,000, and says in `more` that there are more than that.
    """

    models: tuple[dict[str, Any], ...]
    total: int
    page: int
    per_page: int
    more: bool = False

    @property
    def names(self) -> list[str]:
        return [str(model["name"]) for model in self.models]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)


def search(
    q: str = "",
    *,
    row: Range = None,
    column: Range = None,
    missing: Range = None,
    classes: Range = None,
    language: str | None = None,
    language_version: str | None = None,
    flavour: str | None = None,
    owner: str | None = None,
    tags: Sequence[str] = (),
    regex: str | None = None,
    state: str | None = None,
    sort: str | None = None,
    page: int = 1,
    per_page: int = 100,
) -> Found:
    """The models that you may see and for which everything holds that is given.

    `q`: words of names, tags, descriptions, cards and column names, each the beginning of one.
    `row`, `column`, `missing`, `classes`: of the training data, a number or a range such as ">1000;<10000;".
    `language_version`: a range such as ">3.3.3;<3.6;"; 3.10 comes after 3.9, "=3.11" is every 3.11.x.
    `tags`: all of them. `regex`: found in the name, in RE2's syntax. `state`: pending, building, ready, failed.
    `sort`: relevance (the default with `q`), name, created, rows, columns; with - before it the other way round.

    Each model: name, owner, visibility, description, tags, found_tags, version, state, language, language_version,
    flavour, target, task, classes, rows, columns, missing, created_at.
    Raises InvalidRequest, with what is wrong and where under `problems`.
    """
    if isinstance(tags, str):
        raise InvalidRequest(f"The tags are the one text {tags!r}.", next=f"Give a list: [{tags!r}].")
    ranges = {"row": row, "column": column, "missing": missing, "classes": classes}
    asked = {
        "q": q or None,
        **{name: f"={each};" if isinstance(each, int) else each for name, each in ranges.items()},
        "language": language,
        "language_version": language_version,
        "flavour": flavour,
        "owner": owner,
        "tags": list(tags) or None,
        "regex": regex,
        "state": state,
        "sort": sort,
        "page": page,
        "per_page": per_page,
    }
    answer = current().json("GET", "/models", params=asked)
    total, page, per_page = (int(answer[name]) for name in ("total", "page", "per_page"))
    return Found(tuple(answer["models"]), total, page, per_page, bool(answer.get("more")))
