"""Models of every flavour that Debian has answer in a container as they did in the session that fitted them."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.domain.errors.invalid import InvalidRequest
from tests.integration.r_runtime.conftest import SUITE, Running, known

pytestmark = pytest.mark.docker

MODELS = (
    "lm", "lm-of-two-answers", "glm", "glm-poisson", "loess", "nnet", "randomForest", "randomForest-regression",
    "ranger", "ranger-classification", "ranger-regression", "rpart", "rpart-regression", "svm", "svm-regression",
    "naiveBayes", "glmnet", "glmnet-cv-binomial", "glmnet-multinomial", "mlr", "mlr-regression", "caret",
    "caret-regression",
)  # fmt: skip


# No release of Debian has xgboost, only sid.
XGBOOST = ("xgboost-binary", "xgboost-multi", "xgboost-regression", "xgboost-levels", "xgboost-two-levels")


def same(ours: dict[str, list[Any]], theirs: dict[str, list[Any]]) -> bool:
    return list(ours) == list(theirs) and all(
        len(ours[name]) == len(theirs[name])
        and all(
            a == b if isinstance(a, str) else math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
            for a, b in zip(ours[name], theirs[name], strict=True)
        )
        for name in theirs
    )


@pytest.mark.parametrize(
    ("suite", "name"), [*((SUITE, name) for name in MODELS), *(("sid", name) for name in XGBOOST)], indirect=["suite"]
)
def test_it_answers_as_its_session_did(suite: str, fitted: Path, start: Callable[..., Running], name: str) -> None:
    model, rows, session = known(suite, fitted, name)
    # The golden rows of the R client are asked for as the runtime will ask.
    assert same(session["client"]["exact"], session["exact"])
    assert session["prob"] is None or same(session["client"]["prob"], session["prob"])
    assert (session["client"]["prob"] is None) == (session["prob"] is None)
    runtime = start(model)
    assert runtime.ask("hello").header["modes"] == (["exact", "prob"] if session["prob"] else ["exact"])
    assert same(runtime.predict(rows), session["exact"])
    one = {column: values[:1] for column, values in session["exact"].items()}
    assert same(runtime.predict(rows.slice(0, 1)), one)
    if session["prob"]:
        assert same(runtime.predict(rows, mode="prob"), session["prob"])
        one = {column: values[:1] for column, values in session["prob"].items()}
        assert same(runtime.predict(rows.slice(0, 1), mode="prob"), one)
    else:
        with pytest.raises(InvalidRequest, match="cannot do mode 'prob'; it can do exact"):
            runtime.predict(rows, mode="prob")
