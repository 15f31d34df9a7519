"""The first lake's tables, with models in them, brought up to date: nothing is lost, and what 0004 adds is filled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, select

from builders.identity import spec_digest
from builders.parse import parse_environment
from registry.db import engine as engines
from registry.db.models import SqlModels
from registry.domain.entities import now
from registry.domain.version_hash import version_hash

INPUTS = [{"type": "float64", "name": "x"}]
DATASET, BLOB = "sha256:" + "d" * 64, "sha256:" + "b" * 64
COUNTS = {"users": 1, "datasets": 1, "dataset_aliases": 1, "models": 1, "versions": 2, "resolutions": 1}
SPEC = parse_environment("python", "numpy==1.26.4\njoblib==1.4.2\n", version="3.11.7").spec


def _upgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(engines.__file__).with_name("migrations")))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _fill(engine: Engine) -> None:
    """One model with two versions, in the tables as they were before."""
    old = MetaData()
    old.reflect(engine)
    t, at = old.tables, {"created_at": now().replace(tzinfo=None)}
    version = {
        **{"model": "wine", "target": "y", "flavour": "sklearn", "format": "pickle", "language": "python"},
        **{"model_class": "sklearn.svm._classes.SVC", "language_version": "3.11.7", "inputs": INPUTS, "outputs": []},
        **{"model_blob": BLOB, "model_bytes": 1, "requirements_blob": BLOB, "dataset_hash": DATASET},
        **{"dataset_name": "d", "resolution_key": BLOB, "state": "ready", "notes": [], "system": {}, **at},
    }
    base = {"schema": [*INPUTS, {"name": "y", "type": "string"}], "rows": 2, "blob": BLOB, "hash": DATASET, **at}
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(t["users"].insert().values(id=1, name="ann", role="member", **at))
        connection.execute(t["datasets"].insert().values(base))
        alias = {"dataset_hash": DATASET, "owner_id": 1, "name": "d", "description": "data", **at}
        connection.execute(t["dataset_aliases"].insert().values(alias))
        resolution = {"key": BLOB, "spec": SPEC.to_json(), "base": {}, "state": "ready", "attempt": 1, "repairs": []}
        connection.execute(t["resolutions"].insert().values(**resolution, **at))
        connection.execute(t["models"].insert().values(name="wine", owner_id=1, **at))
        for number, text in ((1, "first"), (2, "second")):
            values = {**version, "id": text, "number": number, "description": text, "tags": [text]}
            connection.execute(t["versions"].insert().values(values))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engines.connect(database_url)
    _upgrade(engine, "0001")
    _fill(engine)
    engines.upgrade(engine)
    yield engine
    engine.dispose()


def test_versions_have_the_hash_of_their_content(engine: Engine) -> None:
    expected = version_hash(
        model=BLOB,
        format="pickle",
        flavour="sklearn",
        language="python",
        environment=spec_digest(SPEC),
        dataset=DATASET,
        target="y",
        inputs=INPUTS,
    )
    version = SqlModels(engine).version("wine")
    assert (version.number, version.content_hash) == (2, expected)
    assert version.found_tags == ["python", "sklearn", "SVC"]
    assert (version.deleted_at, version.file_freed_at) == (None, None)


def test_nothing_is_lost_on_the_way(engine: Engine) -> None:
    new = MetaData()
    new.reflect(engine)
    with engine.connect() as connection:
        rows = {name: len(connection.execute(select(new.tables[name])).all()) for name in COUNTS}
    assert rows == COUNTS


def test_the_model_has_the_texts_of_its_newest_version_and_goes_on_counting(engine: Engine) -> None:
    new = MetaData()
    new.reflect(engine)
    models = new.tables["models"]
    columns = (models.c.description, models.c.tags, models.c.card, models.c.last_number, models.c.edited_at)
    with engine.connect() as connection:
        assert tuple(connection.execute(select(*columns)).one()) == ("second", ["second"], "", 2, None)
