"""What any `SearchIndex` must do: the same questions on SQLite and on Postgres, of what the lake has written."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from registry.db.engine import connect, upgrade
from registry.db.models import SqlModels
from registry.db.search import SqlSearch
from registry.db.tables import models, search_models, search_stale, versions
from registry.domain.entities import Shown, User, now
from registry.domain.errors.invalid import InvalidRequest
from registry.services.search import SearchService
from tests.contract.catalogue import Catalogue

ADMIN = User(0, "admin", "admin")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def catalogue(engine: Engine) -> Catalogue:
    return Catalogue(engine)


@pytest.fixture
def search(engine: Engine) -> SearchService:
    return SearchService(SqlSearch(engine))


def names(search: SearchService, viewer: User | None = ADMIN, **query: Any) -> list[str]:
    ranges = {
        name: query.pop(name) for name in ("row", "column", "missing", "classes", "language_version") if name in query
    }
    return [model.name for model in search.find(viewer, ranges=ranges, **query).models]


def test_ranges_of_the_training_data(catalogue: Catalogue, search: SearchService) -> None:
    for rows in (999, 1000, 1001, 9999, 10_000):
        catalogue.model(f"rows-{rows}", rows=rows, columns=tuple(f"c{n}" for n in range(11)), missing=rows - 999)
    catalogue.model("uncounted", rows=5, missing=None)
    assert names(search, row=">1000;<10000;") == ["rows-1001", "rows-9999"]
    assert names(search, row=">=1000;<=10000") == ["rows-1000", "rows-10000", "rows-1001", "rows-9999"]
    assert names(search, row="=1000;") == ["rows-1000"]
    assert len(names(search, column="=12;")) == 5
    assert names(search, column="=2") == ["uncounted"]
    assert names(search, missing="=0;") == ["rows-999"]
    assert names(search, missing=">0;<3") == ["rows-1000", "rows-1001"]
    assert names(search, row=">5;<5") == names(search, row="<0") == names(search, row=">" + "9" * 30) == []
    assert len(names(search, missing="<=" + "9" * 30)) == 5
    # More than the column of the database may hold.
    assert names(search, column=">3000000000;") == names(search, classes="=3000000000;") == []
    assert len(names(search, column="<3000000000;")) == 6
    catalogue.count_missing("uncounted", 0)
    assert names(search, missing="=0;") == ["rows-999", "uncounted"]


def test_versions_of_the_language_sort_as_numbers(catalogue: Catalogue, search: SearchService) -> None:
    for version in ("3.3.3", "3.3.4", "3.5.0", "3.6.0", "3.9.2", "3.10.1", "3.11.7", "devel"):
        catalogue.model(f"r-{version}", language="r", language_version=version)
    catalogue.model("python", language_version="3.5.2")
    assert names(search, language_version=">3.3.3;<3.6;", language="r") == ["r-3.3.4", "r-3.5.0"]
    assert names(search, language_version=">3.3.3;<3.6;") == ["python", "r-3.3.4", "r-3.5.0"]
    assert names(search, language_version=">=3.9") == ["r-3.10.1", "r-3.11.7", "r-3.9.2"]
    assert names(search, language_version="=3.10") == ["r-3.10.1"]
    assert "r-devel" in names(search, language="r")


def test_what_a_model_is(catalogue: Catalogue, search: SearchService) -> None:
    catalogue.model("tree", owner="bob", flavour="rpart", language="r", classes=3, tags=["Iris", "demo"])
    catalogue.model("forest", classes=2, tags=["demo"], found_tags=["scikit-learn"], ready=False)
    assert names(search, owner="bob") == ["tree"]
    assert names(search, owner="nobody") == []
    assert names(search, classes="=2;") == ["forest"]
    assert names(search, flavour="rpart") == ["tree"]
    assert names(search, state="ready") == ["tree"]
    assert names(search, state="pending") == ["forest"]
    assert names(search, tags=["demo"]) == ["forest", "tree"]
    assert names(search, tags=["demo", "iris"]) == ["tree"]
    assert names(search, tags=["scikit-learn"]) == ["forest"]
    assert names(search, tags=["sci"]) == []
    found = search.find(ADMIN, ranges={}, owner="bob").models[0]
    assert (found.owner, found.version, found.state, found.tags, found.classes) == (
        "bob",
        1,
        "ready",
        ["Iris", "demo"],
        3,
    )
    assert (found.rows, found.columns, found.missing, found.visibility) == (10, 2, 0, "public")


def test_words_of_models_that_are_so(catalogue: Catalogue, search: SearchService) -> None:
    flavour = "it's \\ odd & |"
    catalogue.model("wine-one", flavour=flavour, language="r", classes=2, description="state ready classes 2")
    catalogue.model("wine-two", flavour="rpart", language="r", classes=3, ready=False)
    for asked, found in (
        ({"flavour": flavour}, ["wine-one"]),
        ({"flavour": "rpart"}, ["wine-two"]),
        ({"flavour": "rp"}, []),
        ({"state": "ready"}, ["wine-one"]),
        ({"language": "r", "sort": "name"}, ["wine-one", "wine-two"]),
        ({"language": "python"}, []),
        ({"classes": "=2"}, ["wine-one"]),
        ({"classes": ">1", "sort": "name"}, ["wine-one", "wine-two"]),
        ({"classes": "=3", "state": "pending", "language": "r"}, ["wine-two"]),
    ):
        assert names(search, q="wine", **asked) == found, asked
    # What is only in the index is no word of a text.
    assert names(search, q="pending") == names(search, q="language") == []


def test_words_of_every_text_and_the_most_telling_first(catalogue: Catalogue, search: SearchService) -> None:
    catalogue.model("wine", columns=("x",))
    catalogue.model("of-the-card", card="# About\nTrained on *wine* from Łódź and Kraków")
    catalogue.model("described", description="The quality of wine, by a RandomForest")
    catalogue.model("columns", columns=("alcohol", "wine_colour", "totalPhenols"))
    catalogue.model("other", description="nothing of the kind")
    assert names(search, q="wine")[0] == "wine"
    assert names(search, q="wine")[-1] == "of-the-card"
    assert sorted(names(search, q="WINE")) == ["columns", "described", "of-the-card", "wine"]
    assert names(search, q="wine quality") == ["described"]
    assert names(search, q="qual") == ["described"]
    assert names(search, q="krakow") == ["of-the-card"]
    assert names(search, q="phenols") == names(search, q="totalphenols") == ["columns"]
    assert names(search, q="random forest") == names(search, q="RandomForest") == ["described"]
    assert len(names(search, q="logistic")) == 5
    assert names(search, q="zinfandel") == []
    assert names(search, q="wine", sort="name") == ["columns", "described", "of-the-card", "wine"]
    assert sorted(names(search, q="wine", sort="-relevance"))[0] == "columns"
    assert names(search, q="wine", sort="-relevance")[-1] == "wine"


@pytest.mark.parametrize(
    "q", ['"', "wine OR 1", "NEAR(a b)", "a:*", "wine*", "'; DROP TABLE models", "!x & (y|z)", "\\", "-- z"]
)
def test_a_query_is_words_and_nothing_else(catalogue: Catalogue, search: SearchService, q: str) -> None:
    catalogue.model("wine")
    with suppress(InvalidRequest):  # what has no word in it
        assert names(search, q=q) == (["wine"] if q == "wine*" else [])
    assert names(search) == ["wine"]


def test_regular_expressions_are_found_in_names(catalogue: Catalogue, search: SearchService) -> None:
    for name in ("wine-1", "wine-22", "iris-1", "Wine"):
        catalogue.model(name)
    assert names(search, regex=r"^wine-\d+$") == ["wine-1", "wine-22"]
    assert names(search, regex="(?i)wine") == ["Wine", "wine-1", "wine-22"]
    assert names(search, regex="1$") == ["iris-1", "wine-1"]
    assert len(names(search, regex=".")) == 4
    assert names(search, regex="x") == []
    catalogue.model("wine-333")
    assert names(search, regex=r"^wine-\d+$") == ["wine-1", "wine-22", "wine-333"]
    catalogue.set("wine-1", deleted_at=now())
    assert names(search, regex=r"^wine-\d+$") == ["wine-22", "wine-333"]
    assert search.find(ADMIN, ranges={}, regex="wine", per_page=1).total == 2


@pytest.mark.parametrize("regex", ["(", "a{3,1}", "(?=x)", r"(a)\1", "[z-a]", "*", "((a|b|ab|ba){0,31}){0,31}c"])
def test_what_re2_does_not_take(search: SearchService, regex: str) -> None:
    with pytest.raises(InvalidRequest, match="The regular expression") as caught:
        search.find(ADMIN, ranges={}, regex=regex)
    assert caught.value.next


def test_a_regular_expression_cannot_hang_the_lake(catalogue: Catalogue, engine: Engine, search: SearchService) -> None:
    """Names that are made to be hard for a pattern that is made to be hard: refused within about a second."""
    generator = random.Random(1)
    catalogue.model("first")
    row = {**_index_row(engine), "visibility": "public"}
    hard = [{**row, "model": "".join(generator.choice("ab") for _ in range(100))} for _ in range(20_000)]
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(search_models.insert(), hard)
    with pytest.raises(InvalidRequest, match="takes too long"):
        search.find(ADMIN, ranges={}, regex="(a.{60}){2}c")
    for regex in ("(a.{60}){2}c", "(a|b)*a(a|b){90}c", "(.*a){25}.*c"):
        begun = time.thread_time()
        with suppress(InvalidRequest):
            search.find(ADMIN, ranges={}, regex=regex)
        assert time.thread_time() - begun < 1.5


def _index_row(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        row = connection.execute(select(search_models)).mappings().first()
    assert row is not None
    return {key: value for key, value in row.items() if key != "id"}


def test_only_what_the_viewer_may_see(catalogue: Catalogue, search: SearchService) -> None:
    catalogue.model("public")
    catalogue.model("private", visibility="private")
    catalogue.model("shared", visibility="private")
    catalogue.share("shared", "bob")
    ann, bob, eve = (catalogue.user(name) for name in ("ann", "bob", "eve"))
    assert names(search, ann) == ["private", "public", "shared"]
    assert names(search, bob) == ["public", "shared"]
    assert names(search, eve) == names(search, None) == ["public"]
    for viewer, total in ((ann, 3), (bob, 2), (eve, 1), (None, 1), (ADMIN, 3)):
        for query in ({}, {"q": "logistic"}, {"regex": "."}, {"row": ">0"}, {"tags": []}):
            ranges = {key: value for key, value in query.items() if key == "row"}
            rest = {key: value for key, value in query.items() if key != "row"}
            found = search.find(viewer, ranges=ranges, **rest)
            assert (found.total, len(found.models)) == (total, total)
    catalogue.set("public", visibility="private")
    assert names(search, eve) == []


def test_pages_are_stable_and_add_up(catalogue: Catalogue, search: SearchService) -> None:
    for number in range(23):
        catalogue.model(f"m-{number:02}", rows=number // 5)
    for sort in ("name", "-name", "rows", "-rows", "columns", "created", "-created", "relevance"):
        pages = [search.find(ADMIN, ranges={}, sort=sort, page=page, per_page=5) for page in range(1, 7)]
        assert [page.total for page in pages] == [23] * 6
        found = [model.name for page in pages for model in page.models]
        assert (len(found), len(set(found))) == (23, 23), sort
    assert names(search, sort="-rows", per_page=4) == ["m-20", "m-21", "m-22", "m-15"]
    assert names(search, sort="-created", per_page=1) == ["m-22"]
    assert names(search, sort="-name", per_page=2, page=2) == ["m-20", "m-19"]


@pytest.mark.parametrize("counted", [1, 4, 10, 30])
def test_more_than_are_counted_are_found_in_the_same_order(
    catalogue: Catalogue, search: SearchService, monkeypatch: pytest.MonkeyPatch, counted: int
) -> None:
    """However few are counted and ranked, the pages are the same; of a word those come first that are named so."""
    monkeypatch.setattr("registry.db.search._MOST_RANKED", 0)
    named = ("red-wine", "the-wine", "wine")
    for number, name in enumerate((*named, *(f"m-{number:02}" for number in range(9)))):
        catalogue.model(
            name, description="about wine", rows=number // 3, visibility="private" if name == "wine" else "public"
        )
    eve, others = catalogue.user("eve"), [f"m-{number:02}" for number in range(9)]
    expected = {
        (None, "name"): [*others, *named],
        ("wine", None): [*named, *others],
        ("wine", "-relevance"): [*others, *named],
        ("wine", "-name"): [*reversed([*others, *named])],
    }
    monkeypatch.setattr("registry.db.search.MOST_COUNTED", counted)
    for (q, sort), wanted in expected.items():
        for viewer, seen in ((ADMIN, wanted), (eve, [name for name in wanted if name != "wine"])):
            for size in (2, 5, 20):
                pages = [
                    search.find(viewer, ranges={}, q=q or "", sort=sort, page=page, per_page=size)
                    for page in range(1, 13 // size + 2)
                ]
                assert [model.name for page in pages for model in page.models] == seen, (q, sort, size)
                assert {(page.total, page.more) for page in pages} == {(min(counted, len(seen)), len(seen) > counted)}
    assert search.find(ADMIN, ranges={"row": "<2"}, q="wine", sort="-rows").more == (counted < 6)


def test_the_index_follows_every_change(catalogue: Catalogue, engine: Engine, search: SearchService) -> None:
    catalogue.model("wine", description="old", language_version="3.9.2", ready=False)
    assert names(search, state="pending", language_version="=3.9") == ["wine"]
    second = catalogue.model("wine", language_version="3.11.7", description="newer")
    assert names(search, language_version="=3.11", state="ready") == ["wine"]
    catalogue.set("wine", description="edited text", tags=["Gold"], card="a card")
    assert names(search, q="edited") == names(search, tags=["gold"]) == names(search, q="card") == ["wine"]
    assert names(search, q="newer") == []
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(versions.update().where(versions.c.id == second).values(deleted_at=now()))
    assert names(search, language_version="=3.9") == ["wine"]
    catalogue.set("wine", deleted_at=now())
    assert names(search) == names(search, q="edited") == names(search, tags=["gold"]) == []
    catalogue.set("wine", deleted_at=None)
    assert names(search, q="edited", tags=["gold"]) == ["wine"]
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(search_stale)).scalar() == 0


def test_a_model_that_is_purged_leaves_no_trace(catalogue: Catalogue, engine: Engine, search: SearchService) -> None:
    version = catalogue.model("wine", tags=["gold"])
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(versions.delete().where(versions.c.id == version))
        connection.execute(models.delete().where(models.c.name == "wine"))
    assert names(search) == []
    with engine.connect() as connection:
        for table in ("search_models", "search_tags", "search_text", "search_stale"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table


def test_what_is_rolled_back_was_never_there(catalogue: Catalogue, engine: Engine, search: SearchService) -> None:
    catalogue.model("wine", description="before")
    with engine.execution_options(writes=True).connect() as connection, connection.begin() as transaction:
        connection.execute(models.update().values(description="never"))
        transaction.rollback()
    assert names(search, q="never") == []
    assert names(search, q="before") == ["wine"]


def test_changes_at_once_leave_the_index_as_the_tables_are(
    catalogue: Catalogue, engine: Engine, search: SearchService
) -> None:
    """Two writers of one model, each of something else: the row has both, whoever commits last."""
    version = catalogue.model("wine", ready=False)
    for round_ in range(10):
        start = threading.Barrier(2)

        def edit(start: threading.Barrier = start, round_: int = round_) -> None:
            start.wait()
            catalogue.set("wine", description=f"word{round_}")

        def prepare(start: threading.Barrier = start) -> None:
            start.wait()
            SqlModels(engine).version_is_ready(version, Shown([]))

        with ThreadPoolExecutor(2) as threads:
            for done in [threads.submit(edit), threads.submit(prepare)]:
                done.result(30)
        assert names(search, q=f"word{round_}", state="ready") == ["wine"]
        SqlModels(engine).version_failed(version, {"detail": "again"})
        assert names(search, state="failed") == ["wine"]


def test_ranges_that_are_none_are_said_with_their_place(search: SearchService) -> None:
    with pytest.raises(InvalidRequest) as caught:
        search.find(ADMIN, ranges={"row": ">1000;<", "classes": "=2", "language_version": "3.6"})
    problems = caught.value.fields["problems"]
    assert [(each["field"], each["position"]) for each in problems] == [("row", 7), ("language_version", 0)]
    assert problems[0]["expected"] == "a whole number"
    assert "`row` is not a range. At position 7" in caught.value.detail
    with pytest.raises(InvalidRequest, match="words to search for"):
        search.find(ADMIN, ranges={}, q="?!")
    with pytest.raises(InvalidRequest, match="words to search for"):
        search.find(ADMIN, ranges={}, q=" ".join(f"w{n}" for n in range(30)))
