"""One kind of blueprint for all resources: under /api/v1 or another root, problems documented."""

from http import HTTPStatus
from typing import Any

from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser

from registry.api.problems import MEDIA_TYPE, ProblemSchema

PREFIX = "/api/v1"


class _Parser(FlaskParser):
    # What does not fit the route is a bad request; 422 is for data that do not fit a model.
    DEFAULT_VALIDATION_STATUS = HTTPStatus.BAD_REQUEST


class Resource(Blueprint):
    """A flask-smorest blueprint; who may call its routes is said in `registry.api.rules`."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, description: str, prefix: str = PREFIX) -> None:
        super().__init__(name, __name__, url_prefix=prefix, description=description)


def problems(*statuses: HTTPStatus) -> dict[str, Any]:
    """OpenAPI's responses for the problems that a route may answer with; 401 and 503 are always among them."""
    every = sorted({*statuses, HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE})
    return {
        "responses": {
            str(status.value): {
                "description": status.phrase,
                "content": {MEDIA_TYPE: {"schema": ProblemSchema}},
            }
            for status in every
        }
    }
