"""One kind of blueprint for all resources: under /api/v1 or another root, problems documented."""

from http import HTTPStatus
from typing import Any

from flask import request
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser
from werkzeug.routing import BaseConverter

from registry.api.problems import MEDIA_TYPE, ProblemSchema

PREFIX = "/api/v1"


class PathText(BaseConverter):
    """A variable of a route: text that every database can hold. What is none names nothing."""

    regex = "[^/\\0]+"
    part_isolating = True


class LongPathText(PathText):
    """The same, with slashes."""

    regex = "[^/\\0][^\\0]*?"
    part_isolating = False
    weight = 200


class _Parser(FlaskParser):
    # What does not fit the route is a bad request; 422 is for data that do not fit a model.
    DEFAULT_VALIDATION_STATUS = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__()
        self._defaults: dict[int, dict[str, Any]] = {}

    def parse(self, argmap: Any, *args: Any, location: str | None = None, **options: Any) -> Any:
        if location != "query" or request.query_string:
            return super().parse(argmap, *args, location=location, **options)
        # Most predictions have no query: what it then comes to is the same each time.
        if id(argmap) not in self._defaults:
            self._defaults[id(argmap)] = super().parse(argmap, *args, location=location, **options)
        return dict(self._defaults[id(argmap)])


class Resource(Blueprint):
    """A flask-smorest blueprint; who may call its routes is said in `registry.api.rules`."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, description: str, prefix: str = PREFIX) -> None:
        super().__init__(name, __name__, url_prefix=prefix, description=description)

    def arguments(self, schema: Any, **options: Any) -> Any:
        """As flask-smorest's; the schema is made once, not for every request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)


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
