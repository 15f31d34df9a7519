"""Errors carry data, keep them on the way between processes, and each has a status."""

import inspect
from datetime import UTC, datetime

import pytest

from registry.api.problems import STATUS, slug
from registry.domain.errors.document import every_error, from_document
from registry.domain.errors.families import WelesError
from registry.domain.errors.invalid import UnsupportedMediaType
from registry.domain.errors.lake import LakeBusy

_SAMPLES = {
    "accepted": ("text/csv",),
    "allowed": ("GET",),
    "available": ("text/csv",),
    "deleted_at": datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
    "detail": "Something is not as it should be.",
    "diagnosis": {"summary": "numpy 9 does not exist.", "suggestion": "Use 2.1.", "package": "numpy"},
    "expected": 2,
    "found": 3,
    "differences": [{"row": 1, "column": "prediction", "expected": "1", "got": "2"}],
    "exit_code": 139,
    "job": "j",
    "limit": 8,
    "limit_bytes": 1024,
    "problem": {"detail": "it failed"},
    "reason": "because of this",
    "rows": 20,
    "seconds": 1.5,
    "version": 3,
}


def _sample(error: type[WelesError]) -> WelesError:
    parameters = inspect.signature(error).parameters.values()
    needed = [
        each.name for each in parameters if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    return error(*(_SAMPLES.get(name, name) for name in needed))


def test_every_error_has_a_status_and_every_status_an_error() -> None:
    assert set(STATUS) == set(every_error())


@pytest.mark.parametrize("error", every_error())
def test_an_error_says_what_happened_and_what_to_do(error: type[WelesError]) -> None:
    sample = _sample(error)
    assert len(sample.detail) > 10
    assert sample.next.endswith((".", "?")) or "`" in sample.next
    assert sample.family in ("caller", "model", "lake")
    assert sample.title


@pytest.mark.parametrize("error", every_error())
def test_an_error_is_the_same_in_another_process(error: type[WelesError]) -> None:
    sample = _sample(error)
    arrived = from_document(sample.to_document())
    assert type(arrived) is error
    assert arrived.to_document() == sample.to_document()


@pytest.mark.parametrize("error", every_error())
def test_the_family_decides_the_kind_of_status(error: type[WelesError]) -> None:
    allowed = {"caller": range(400, 500), "model": (502, 504), "lake": (500, 503)}[error.family]
    assert STATUS[error] in allowed


def test_unknown_error_from_another_version_of_the_lake_is_the_lakes_trouble() -> None:
    document = {"error": "NotYetInvented", "detail": "d", "next": "n", "fields": {"x": 1}}
    arrived = from_document(document)
    assert isinstance(arrived, LakeBusy)
    assert arrived.fields == {"x": 1}


def test_slug() -> None:
    assert slug(UnsupportedMediaType) == "unsupported-media-type"
