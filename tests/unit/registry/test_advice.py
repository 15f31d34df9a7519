"""What a failed verification advises when the client chose the packages by the model alone."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from registry.domain.errors.families import WelesError
from registry.domain.errors.lake import BuilderUnavailable
from registry.domain.errors.model import ModelNotLoadable
from registry.jobs.preparation import Preparation


def verified(error: WelesError, system: dict[str, Any]) -> dict[str, Any]:
    """The problem of a verification in which the container says `error`."""
    version = SimpleNamespace(system=system, resolution_key="k", golden_blob=None, id="v", notes=[], together=None)

    def warm(version_id: str) -> None:
        raise error

    parts = SimpleNamespace(
        version_by_id=lambda _: version,
        environment=lambda _: SimpleNamespace(image_id="sha256:1"),
        resolution=lambda _: SimpleNamespace(repairs=[]),
        version_builds_on=lambda *_, **__: None,
        update=lambda *_, **__: True,
        warm=warm,
    )
    names = ("models", "environments", "jobs", "blobs", "builder", "prediction", "looks", "upkeep")
    preparation = Preparation(recipes={}, build_seconds=60.0, **dict.fromkeys(names, cast(Any, parts)))
    return cast(dict[str, Any], preparation.verify("job", "v", "e")["problem"])


@pytest.mark.parametrize(
    ("system", "advised"), [({"environment": "model"}, True), ({"environment": "freeze"}, False), ({}, False)]
)
def test_the_freeze_is_advised_when_a_package_may_be_missing(system: dict[str, Any], advised: bool) -> None:
    error = ModelNotLoadable("ModuleNotFoundError", "No module named 'shap'", "…")
    assert ('environment="freeze"' in verified(error, system)["next"]) is advised


def test_the_lakes_own_fault_advises_nothing_of_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.jobs.preparation._PATIENCE_SECONDS", -1.0)
    assert "freeze" not in verified(BuilderUnavailable("away"), {"environment": "model"})["next"]
