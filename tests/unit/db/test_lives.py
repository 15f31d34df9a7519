"""Versions, aliases and deletion in each database: what many do at once, and what is left of what is deleted."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from registry.db import engine as engines
from registry.db.aliases import SqlAliases
from registry.db.deletion import SqlDeletions
from registry.db.models import SqlModels
from registry.db.search import SqlSearch
from registry.db.tables import alias_moves, jobs, model_aliases, models, users, versions
from registry.db.warmth import SqlWarmth
from registry.domain.entities import Added, ModelVersion, Outcome, Resolution, Shown, State, User, now
from registry.domain.errors.state import AliasMoved, Deleted, NotFound, TooManyKept
from registry.domain.search import Search
from registry.domain.version_ref import VersionRef
from registry.domain.warmth import Warmth

ANN = User(1, "ann", "member")
MANY = 8
RESOLUTION = Resolution(
    key="sha256:" + "k" * 64,
    spec={"pins": []},
    base={},
    state=State.PENDING,
    attempt=1,
    environment_id=None,
    repairs=[],
    problem=None,
)


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def version(content: str = "a", model: str = "wine") -> ModelVersion:
    return ModelVersion(
        id=uuid.uuid4().hex,
        model=model,
        owner="ann",
        owner_id=1,
        number=0,
        description="",
        target="y",
        tags=["t"],
        flavour="sklearn",
        format="pickle",
        model_class="",
        language="python",
        language_version="3.11.2",
        inputs=[],
        outputs=[],
        content_hash=digest(content),
        task=None,
        classes=None,
        found_tags=["python"],
        model_blob=digest(content),
        model_bytes=1,
        golden_blob=None,
        requirements_blob=digest("f"),
        dataset_hash=None,
        dataset_name="",
        resolution_key=RESOLUTION.key,
        environment_id=None,
        image_id=None,
        state=State.PENDING,
        problem=None,
        notes=[],
        system={},
        created_at=now(),
    )


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engines.connect(database_url)
    engines.upgrade(engine)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(users).values(id=1, name="ann", role="member"))
    yield engine
    engine.dispose()


@pytest.fixture
def stored(engine: Engine) -> SqlModels:
    return SqlModels(engine)


@pytest.fixture
def deletions(engine: Engine) -> SqlDeletions:
    return SqlDeletions(engine)


def add(stored: SqlModels, content: str = "a", model: str = "wine") -> Added:
    return stored.add_version(version(content, model), RESOLUTION, uuid.uuid4().hex)


def finish(engine: Engine) -> None:
    """Every job is over."""
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(jobs).values(state="succeeded"))


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each gives, or raises, when all begin at the same moment."""
    start = threading.Barrier(len(work))

    def run(each: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return each()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(run, work))


def test_of_many_uploads_of_one_content_one_makes_a_version(stored: SqlModels) -> None:
    added = at_once(*[lambda: add(stored)] * MANY)
    assert sorted(each.outcome for each in added) == [Outcome.KNOWN] * (MANY - 1) + [Outcome.NEW]
    assert len({(each.version_id, each.number, each.job) for each in added}) == 1


def test_many_uploads_of_other_contents_are_numbered_without_gaps(stored: SqlModels) -> None:
    added = at_once(*(lambda letter=letter: add(stored, letter) for letter in "abcd0123"))
    assert sorted(each.number for each in added) == list(range(1, MANY + 1))
    assert stored.numbers("wine") == list(range(1, MANY + 1))


def test_of_many_retries_of_one_failed_version_one_begins(stored: SqlModels) -> None:
    first = add(stored)
    stored.version_failed(first.version_id, {"detail": "x"}, free_file=True)
    assert stored.version("wine").file_freed_at is not None
    added = at_once(*[lambda: add(stored)] * MANY)
    assert sorted(each.outcome for each in added) == [Outcome.KNOWN] * (MANY - 1) + [Outcome.RETRIED]
    (job,) = {each.job for each in added}
    assert job != first.job
    again = stored.version("wine")
    assert (again.state, again.problem, again.file_freed_at) == (State.PENDING, None, None)


def test_of_many_moves_from_one_place_one_is_made(engine: Engine, stored: SqlModels) -> None:
    aliases = SqlAliases(engine)
    for letter in "abcd":
        add(stored, letter)
    known = stored.versions("wine")
    moved = at_once(*(lambda each=each: aliases.put("wine", "production", each, ANN, 0) for each in known))
    (won,) = [each for each in moved if not isinstance(each, AliasMoved)]
    assert [(alias.name, alias.version) for alias in aliases.of_model("wine")] == [("production", won.version)]
    assert [each.version_after for each in aliases.moves("wine", "production")] == [won.version]
    assert stored.version("wine", VersionRef(alias="production")).number == won.version


def test_moving_it_to_where_it_is_moves_nothing(engine: Engine, stored: SqlModels) -> None:
    aliases = SqlAliases(engine)
    add(stored)
    for _ in range(3):
        aliases.put("wine", "production", stored.version("wine"), ANN)
    assert len(aliases.moves("wine", "production")) == 1


def test_an_alias_does_not_come_to_what_is_being_deleted(
    engine: Engine, stored: SqlModels, deletions: SqlDeletions
) -> None:
    aliases = SqlAliases(engine)
    add(stored)
    known = stored.version("wine")
    deletions.delete_version(known)
    with pytest.raises(Deleted):
        aliases.put("wine", "production", known, ANN)
    assert aliases.of_model("wine") == []


def test_names_of_versions(engine: Engine, stored: SqlModels, deletions: SqlDeletions) -> None:
    for letter in "abc":
        add(stored, letter)
    stored.version_is_ready(stored.version("wine", VersionRef(number=2)).id, Shown([]))
    for ref, number in (
        (VersionRef(), 2),
        (VersionRef(number=3), 3),
        (VersionRef(content_hash=digest("a")), 1),
    ):
        assert stored.version("wine", ref).number == number
    for ref in (VersionRef(number=9), VersionRef(alias="x"), VersionRef(content_hash=digest("9"))):
        with pytest.raises(NotFound):
            stored.version("wine", ref)
    deletions.delete_version(stored.version("wine"))
    assert stored.version("wine").number == 3
    assert [each.number for each in stored.with_content(digest("b"), ANN)] == []
    assert [each.number for each in stored.with_content(digest("a"), ANN)] == [1]
    assert stored.with_content(digest("a"), None) == []
    assert [each.version for each in SqlSearch(engine).find(Search(), ANN).models] == [3]


def test_a_restore_and_a_purge_at_once(engine: Engine, stored: SqlModels, deletions: SqlDeletions) -> None:
    """Either it is restored and there, or purged and gone."""
    for letter in "abcdef":
        number = add(stored, letter).number
        finish(engine)
        known = stored.version("wine", VersionRef(number=number))
        deletions.delete_version(known)
        later, earlier = now() + timedelta(seconds=1), now() - timedelta(hours=1)
        restored, purged = at_once(
            lambda number=number, earlier=earlier: deletions.restore_version("wine", number, earlier),
            lambda known=known, later=later: deletions.purge_version(known.id, later),
        )
        there = number in stored.numbers("wine")
        assert (restored is None, purged) == (there, not there)


def test_the_purge_leaves_nothing_of_a_model(engine: Engine, stored: SqlModels, deletions: SqlDeletions) -> None:
    aliases = SqlAliases(engine)
    for name in ("wine", "other"):
        add(stored, model=name)
    finish(engine)
    aliases.put("wine", "production", stored.version("wine"), ANN)
    deletions.delete_model("wine")
    (due,) = deletions.due(now() + timedelta(seconds=1))
    assert deletions.deleted_versions() == [due]
    assert deletions.due(now() - timedelta(seconds=60)) == []
    assert not deletions.purge_version(due, now() - timedelta(seconds=60))
    assert deletions.purge_models(now() + timedelta(seconds=1)) == 0
    assert deletions.purge_version(due, now() + timedelta(seconds=1))
    assert deletions.purge_models(now() + timedelta(seconds=1)) == 1
    with engine.connect() as connection:
        left = [len(connection.execute(select(t)).all()) for t in (models, versions, jobs, model_aliases, alias_moves)]
    assert left == [1, 1, 1, 0, 0]


def test_which_bytes_are_needed(stored: SqlModels, deletions: SqlDeletions) -> None:
    first = add(stored, "a")
    golden = replace(version("b"), golden_blob=digest("c"))
    stored.add_version(golden, RESOLUTION, uuid.uuid4().hex)
    every = [digest(letter) for letter in "abcdef"]
    assert deletions.referenced(every) == {digest(letter) for letter in "abcf"}
    stored.version_failed(first.version_id, {"detail": "x"}, free_file=True)
    assert deletions.referenced(every) == {digest(letter) for letter in "bcf"}


def test_texts_of_a_model(stored: SqlModels) -> None:
    add(stored)
    assert (stored.model("wine").tags, stored.model("wine").edited_at) == (["t"], None)
    stored.edit("wine", card="# Wine")
    assert (stored.model("wine").card, stored.model("wine").edited_at) == ("# Wine", None)
    stored.edit("wine", tags=["x"])
    add(stored, "b")
    assert (stored.model("wine").tags, stored.model("wine").card) == (["x"], "# Wine")
    with pytest.raises(NotFound):
        stored.edit("nosuch", tags=[])


def test_what_is_kept_warm_is_what_callers_get(engine: Engine, stored: SqlModels) -> None:
    kept = SqlWarmth(engine)
    assert kept.of("wine") == Warmth(0, None)
    ids = [stored.version("wine", VersionRef(number=add(stored, letter).number)).id for letter in "ab"]
    kept.keep("wine", None, 1)
    assert kept.versions(now()) == []
    for each in ids:
        stored.version_is_ready(each, Shown([]))
    assert kept.versions(now()) == [ids[1]]
    SqlAliases(engine).put("wine", "production", stored.version("wine", VersionRef(number=1)), ANN)
    assert kept.versions(now()) == [ids[0]]
    kept.keep("wine", "07:00-07:01", 1)
    assert kept.versions(datetime(2026, 11, 25, 12, tzinfo=UTC)) == []
    add(stored, "c", "beer")
    with pytest.raises(TooManyKept):
        kept.keep("beer", None, 1)
    kept.let_go("wine")
    kept.keep("beer", None, 1)
    assert (kept.of("wine"), kept.of("beer")) == (Warmth(0, None), Warmth(1, None))
