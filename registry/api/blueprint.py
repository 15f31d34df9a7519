"""One kind of blueprint for all resources: under /api/v1 or another root, known users only, problems documented."""

from http import HTTPStatus
from typing import Any

from flask import request
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser

from registry.api.problems import MEDIA_TYPE, ProblemSchema
from registry.api.services import current_user

PREFIX = "/api/v1"
_ANYONE = "anyone"


class _Parser(FlaskParser):
    # What does not fit the route is a bad request; 422 is for data that do not fit a model.
    DEFAULT_VALIDATION_STATUS = HTTPStatus.BAD_REQUEST


class Resource(Blueprint):
    """A flask-smorest blueprint whose routes need a bearer token unless they are marked with `anyone`."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, description: str, prefix: str = PREFIX) -> None:
        super().__init__(name, __name__, url_prefix=prefix, description=description)
        self._open: set[str] = set()
        self.before_request(self._authenticate)

    def anyone(self, endpoint: str) -> None:
        """Mark an endpoint (the view's name) as open to all."""
        self._open.add(f"{self.name}.{endpoint}")

    def _authenticate(self) -> None:
        if request.endpoint not in self._open:
            current_user()


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
