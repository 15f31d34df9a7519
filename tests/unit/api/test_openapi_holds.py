"""The OpenAPI document, tried by schemathesis on the real application: what it says holds, and nothing breaks.

The lake has a model that answers, by the real runtime; what no part of it does is to build images: jobs wait.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from registry.domain.ports.desk import Desk
from tests.unit.api.answering_lake import AnsweringDesk, with_a_model

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 12


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Iterator[Desk]:
    answering = AnsweringDesk(desk, tmp_path / "processes")
    yield answering
    answering.close()


@pytest.fixture
def known(app: Flask, client: FlaskClient, desk: AnsweringDesk) -> dict[str, str]:
    """The names of things that are there, so that not every path that is tried leads nowhere."""
    desk.app = app
    return {**with_a_model(app, client), "user_name": "bob", "alias": "production"}


def _there_again(client: FlaskClient) -> None:
    """What the operation before may have deleted, for the next one."""
    client.post("/api/v1/models/wine/restore")
    client.post("/api/v1/models/wine/versions/1/restore")
    client.put("/api/v1/models/wine/aliases/production", json={"version": 1})
    # Hashing a password takes long.
    if client.get("/api/v1/users/bob").status_code != 200:
        client.post("/api/v1/users", json={"name": "bob", "password": "correct horse"})
    answer = client.post("/api/v1/models/wine/predict", json={"columns": ["x"], "data": [[1.5], [2.5]]})
    assert answer.status_code == 200, answer.text
    assert answer.json["data"] == [["a"], ["b"]]


# schemathesis does not close the answers that it is given: downloads of files are closed by the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("mode", [*GenerationMode])
def test_the_document_holds(app: Flask, client: FlaskClient, known: dict[str, str], mode: GenerationMode) -> None:
    """With requests that fit the document, and with requests that do not."""
    headers = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
    failures = {}
    for result in schemathesis.openapi.from_wsgi("/openapi.json", app).get_all_operations():
        operation = result.ok()
        _there_again(client)
        try:
            _try(operation.as_strategy(generation_mode=mode), lambda case: _check(case, headers, known))
        except Unsatisfiable:
            # There are operations that every request fits: nothing about them can be wrong.
            assert mode is GenerationMode.NEGATIVE, operation.label
        except (Exception, BaseExceptionGroup) as error:
            failures[operation.label] = "\n".join(map(str, getattr(error, "exceptions", [error])))[:3000]
    assert not failures, "\n\n".join(f"{label}: {text}" for label, text in failures.items())


def _try(cases: Any, check: Callable[[Case], None]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=cases)
    def run(case: Case) -> None:
        check(case)

    run()


def _check(case: Case, headers: dict[str, str], known: dict[str, str]) -> None:
    # Every other time the thing that is named is there.
    if case.path_parameters and sum(str(case.path_parameters).encode()) % 2:
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
    if case.query:
        # A log that is followed has no end while its job has none, and here no job is worked on.
        case.query.pop("follow", None)
    response = case.call(headers=headers)
    assert response.status_code < 500, response.text
    case.validate_response(response, checks=CHECKS)
