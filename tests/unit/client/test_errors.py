import pytest
import weles
from weles import errors
from weles.errors import UploadFailed, from_problem

from registry.domain.errors.document import every_error


def _slug(name):
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


@pytest.mark.parametrize("lake_class", every_error(), ids=lambda each: each.__name__)
def test_every_error_of_the_lake_has_its_class_here(lake_class):
    error = from_problem({"type": f"/problems/{_slug(lake_class.__name__)}", "detail": "d"}, 418)
    assert type(error).__name__ == lake_class.__name__
    assert error.family == lake_class.family
    assert type(from_problem({"error": lake_class.__name__, "detail": "d"})).__name__ == lake_class.__name__


@pytest.mark.parametrize(
    ("document", "status", "expected"),
    [
        ({"detail": "x"}, 404, errors.NotFound),
        ({"detail": "x", "type": "about:blank"}, 401, errors.Unauthenticated),
        ({"detail": "x", "type": "/problems/some-new-thing", "family": "model"}, 502, errors.ModelError),
        ({"title": "x"}, 418, errors.CallerError),
        ({}, 500, errors.LakeError),
    ],
)
def test_an_unknown_problem_falls_back_by_status_then_family(document, status, expected):
    assert type(from_problem(document, status)) is expected


def test_the_message_shows_places_and_what_to_do():
    error = from_problem(
        {
            "type": "/problems/invalid-input",
            "detail": "It does not fit.",
            "next": "Send the right columns.",
            "problems": [{"column": "age", "row": 3, "expected": "int64", "got": "'x'"}],
        },
        422,
    )
    assert str(error) == (
        "It does not fit.\n  column 'age', row 3: expected int64, got 'x'\nNext: Send the right columns."
    )
    assert error.problems[0]["row"] == 3


def test_lines_of_requirements_and_fields_of_a_form_are_shown():
    bad_lines = {"detail": "d", "problems": [{"line": 2, "text": "-e .", "reason": "not a pin"}]}
    assert "line 2: '-e .', not a pin" in str(from_problem(bad_lines, 422))
    bad_fields = {"detail": "d", "problems": [{"field": "name", "reason": [["too long"], {"0": ["odd"]}]}]}
    assert "field 'name': too long; odd" in str(from_problem(bad_fields, 422))
    many = {"detail": "d", "problems": [{"row": row} for row in range(50)]}
    assert "… and 30 more" in str(from_problem(many, 422))


def test_the_models_own_traceback_is_shown():
    error = from_problem({"type": "/problems/model-raised", "detail": "d", "traceback": "Traceback:\n  boom"}, 502)
    assert "The model's own traceback:\n  Traceback:\n    boom" in str(error)
    assert error.traceback == "Traceback:\n  boom"


def test_a_version_that_is_not_usable_says_why():
    reason = {"error": "ModelNotLoadable", "detail": "d", "fields": {"traceback": "deep down"}}
    assert "deep down" in str(from_problem({"type": "/problems/model-not-usable", "detail": "x", "reason": reason}))


def test_a_failed_upload_is_of_the_family_of_its_reason():
    diagnosis = {"phase": "resolve", "package": "scikit-learn", "summary": "no such version", "line": "error: …"}
    reason = from_problem(
        {
            "type": "/problems/environment-failed",
            "detail": "no such version",
            "next": "Pin 1.5.2.",
            "diagnosis": diagnosis,
        },
        422,
    )
    error = UploadFailed("wine", 2, "j1", reason, "last line")
    assert isinstance(error, weles.WelesError)
    assert error.family == "caller"
    text = str(error)
    for part in ("Version 2 of 'wine'", "no such version", "package: scikit-learn", "last line", "Next: Pin 1.5.2."):
        assert part in text
    assert text.count("no such version") == 1


def test_the_public_names_are_sorted_and_documented():
    for module in (weles, weles.model, weles.dataset, weles.user, weles.errors):
        assert module.__all__ == sorted(module.__all__)
        assert all(getattr(module, name).__doc__ for name in module.__all__ if name != "__version__")
    assert set(errors.__all__) - set(weles.__all__) == {"from_problem"}
