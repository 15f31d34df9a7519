"""Finding models: GET /models."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import RAISE, Schema, fields, validate

from registry.api.blueprint import Resource, problems
from registry.api.fields import Text
from registry.api.services import current_viewer, services
from registry.domain.entities import State
from registry.domain.flavours import FLAVOURS
from registry.domain.search import LONGEST_REGEX, MOST_COUNTED, Sort

blueprint = Resource("search", "Finding models.")

_RANGES = ("row", "column", "missing", "classes", "language_version")
_LAST_PAGE = 100_000


def _range(example: str, what: str) -> Text:
    return Text(1, 200, metadata={"example": example, "description": f"{what}: comparisons > >= < <= = with ; between"})


class SearchQuerySchema(Schema):
    q = Text(0, 500, load_default="", metadata={"description": "Words of names, tags, descriptions, cards, columns."})
    regex = Text(1, LONGEST_REGEX, load_default=None, metadata={"description": "Found in the name; RE2's syntax."})
    owner = Text(1, 100, load_default=None)
    tags = fields.List(Text(1, 100), load_default=list, validate=validate.Length(0, 20))
    language = fields.String(load_default=None, validate=validate.OneOf(tuple(FLAVOURS)))
    language_version = _range(">3.3.3;<3.6;", "Versions; 3.10 comes after 3.9, and =3.11 is every 3.11.x")
    flavour = Text(1, 50, load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf([*State]))
    row = _range(">1000;<10000;", "Rows of the training data")
    column = _range("=12;", "Its columns, the target among them")
    missing = _range("=0;", "Its missing values")
    classes = _range("=2;", "Classes of a classification")
    sort = fields.String(
        load_default=None,
        validate=validate.OneOf([*Sort, *(f"-{each}" for each in Sort)]),
        metadata={"description": "With - the other way round; by default relevance to `q`, or the name."},
    )
    page = fields.Integer(load_default=1, validate=validate.Range(1, _LAST_PAGE))
    per_page = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class FoundModelSchema(Schema):
    name = fields.String()
    owner = fields.String()
    visibility = fields.String()
    description = fields.String()
    tags = fields.List(fields.String())
    found_tags = fields.List(fields.String(), metadata={"description": "Tags that the lake gave."})
    version = fields.Integer(metadata={"description": "The newest that is ready, else the newest."})
    state = fields.String(metadata={"enum": [*State]})
    language = fields.String()
    language_version = fields.String()
    flavour = fields.String()
    target = fields.String()
    task = fields.String(allow_none=True)
    classes = fields.Integer(allow_none=True)
    rows = fields.Integer(allow_none=True)
    columns = fields.Integer(allow_none=True)
    missing = fields.Integer(allow_none=True)
    created_at = fields.DateTime()


class FoundSchema(Schema):
    models = fields.List(fields.Nested(FoundModelSchema))
    total = fields.Integer(metadata={"description": f"On all pages; counted up to {MOST_COUNTED}."})
    more = fields.Boolean(metadata={"description": "There are more than `total`: read pages until one is not full."})
    page = fields.Integer()
    per_page = fields.Integer()


@blueprint.route("/models")
class Models(MethodView):
    @blueprint.arguments(SearchQuerySchema, location="query", unknown=RAISE)
    @blueprint.response(HTTPStatus.OK, FoundSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """The models that you may see and that fit, each with the version that a prediction would use"""
        ranges = {name: query.pop(name) for name in _RANGES if name in query}
        found = services().search.find(current_viewer(), ranges=ranges, **query)
        page = {name: query[name] for name in ("page", "per_page")}
        return {"models": found.models, "total": found.total, "more": found.more, **page}
