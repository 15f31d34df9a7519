"""What is learned of a version when it is made ready: its answers' columns, its classes, its main packages."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from registry.blobs.filesystem import FilesystemBlobs
from registry.db.accounts import SqlAccounts
from registry.db.datasets import SqlDatasets
from registry.db.engine import connect, upgrade
from registry.domain.entities import ModelVersion, Shown
from registry.domain.errors.families import WelesError
from registry.domain.errors.invalid import InvalidRequest
from registry.domain.errors.lake import CapacityExceeded
from registry.domain.errors.model import ModelRaised
from registry.domain.schema import Schema
from registry.jobs.first_look import FirstLook
from registry.jobs.preparation import Preparation
from registry.services.datasets import DatasetService
from registry.tables.table import Table

INPUTS = [{"name": "x", "type": "int64"}]


class Model:
    """Answers `exact` with its input, `prob` with two classes, or raises what it is told to."""

    def __init__(self, **errors: WelesError) -> None:
        self.errors = errors
        self.asked: list[tuple[str, int]] = []

    def answer(self, _version: str, mode: str, table: Table) -> Table:
        self.asked.append((mode, table.rows))
        if mode in self.errors:
            raise self.errors[mode]
        names = ("prediction",) if mode == "exact" else ("no", "yes")
        kind = "int64" if mode == "exact" else "float64"
        schema = Schema.from_json([{"name": name, "type": kind} for name in names])
        return Table.from_values(schema, {name: [1] * table.rows for name in names})


@pytest.fixture
def look(tmp_path: Path) -> Any:
    engine = connect(f"sqlite:///{tmp_path / 'lake.sqlite'}")
    upgrade(engine)
    accounts = SqlAccounts(engine)
    accounts.add_user("ann", "member", None, "sha256:" + "0" * 64)
    datasets = DatasetService(SqlDatasets(engine), FilesystemBlobs(tmp_path / "blobs"), tmp_path)
    caller = accounts.caller("sha256:" + "0" * 64)
    assert caller is not None
    with datasets.stage("text/csv", io.BytesIO(b"x,y\n1,0\n2,1\n"), max_bytes=100) as table:
        kept = datasets.add(caller.user, table, "data", "")
    version = SimpleNamespace(id="v", dataset_hash=kept.hash, inputs=INPUTS, together=None)
    yield lambda model: FirstLook(cast(Any, model), datasets).look(cast(ModelVersion, version))
    engine.dispose()


def test_one_row_is_asked_about_in_each_mode(look: Any) -> None:
    model = Model()
    assert look(model) == Shown([{"name": "prediction", "type": "int64"}], ["no", "yes"])
    assert model.asked == [("exact", 1), ("prob", 1)]


def test_what_a_model_does_not_answer_is_not_known(look: Any) -> None:
    assert look(Model(prob=InvalidRequest("no such mode"))).prob_classes is None
    assert look(Model(exact=ModelRaised("ValueError", "odd", "…"), prob=InvalidRequest("none"))) == Shown([])


def test_the_lakes_own_fault_is_not_taken_for_an_answer(look: Any) -> None:
    with pytest.raises(CapacityExceeded):
        look(Model(exact=CapacityExceeded(8)))


def test_main_packages_are_those_of_the_image() -> None:
    """What was declared may be less than what the lock has: scikit-learn brings numpy."""
    ready: dict[str, Any] = {}
    version = SimpleNamespace(
        **{"id": "v", "system": {}, "resolution_key": "k", "golden_blob": None, "notes": [], "together": None},
        **{"language": "python", "flavour": "sklearn", "model_class": "sklearn.svm._classes.SVC"},
        **{"task": "classification", "classes": 3},
    )
    parts: Any = SimpleNamespace(
        version_by_id=lambda _: version,
        environment=lambda _: SimpleNamespace(image_id="i", installed={"scikit-learn": "1", "numpy": "2", "six": "3"}),
        resolution=lambda _: SimpleNamespace(repairs=[]),
        version_builds_on=lambda *_, **__: None,
        version_is_ready=lambda _, shown, **rest: ready.update(rest, shown=shown),
        update=lambda *_, **__: True,
        warm=lambda _: None,
        look=lambda _: Shown([], None),
    )
    names = ("models", "environments", "jobs", "blobs", "builder", "prediction", "looks", "upkeep")
    assert Preparation(recipes={}, build_seconds=60.0, **dict.fromkeys(names, parts)).verify("job", "v", "e") == {}
    tags = ["python", "sklearn", "SVC", "classification", "3 classes", "scikit-learn", "numpy"]
    assert (ready["found_tags"], ready["shown"]) == (tags, Shown([], None))
