"""Explanations: POST and GET /models/NAME/explanations, GET /explanations/ID as data or as a plot, by Accept."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields, post_load, validate

from registry.api.answering import asked
from registry.api.blueprint import Resource, problems
from registry.api.fields import Text, Version
from registry.api.jobs import StartedSchema, started
from registry.api.services import current_user, services
from registry.domain.entities import Explanation
from registry.domain.explaining import KINDS, LOSSES, MOST_BACKGROUND, MOST_GRID_POINTS, MOST_REPETITIONS, MOST_ROWS
from registry.services.explain import ExplanationRequest
from registry.tables import accept

blueprint = Resource("explanations", "Why a model predicts what it does, by dalex, for models of every language.")

JSON, HTML = "application/json", "text/html"
PLOTLY = "application/vnd.plotly.v1+json"
PLOTS = ("image/svg+xml", "image/png", PLOTLY)
_FORMS = (JSON, HTML, *PLOTS)
# What a plot shows came from people: a page of it may draw, and nothing else; it is nobody's origin.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; sandbox"
_ROWS = fields.Raw(
    load_default=None,
    allow_none=True,
    metadata={"description": f"The rows to explain, at most {MOST_ROWS}: records, or {{columns, data}}."},
)


class NewExplanationSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(tuple(KINDS)))
    rows = _ROWS
    row_numbers = fields.List(
        fields.Integer(validate=validate.Range(0, 2**62)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, MOST_ROWS),
        metadata={"description": "Rows of the dataset to explain, counted from 0."},
    )
    dataset = Text(1, 100, load_default=None, allow_none=True, metadata={"description": "Default: the training data."})
    target = Text(1, 1024, load_default=None, allow_none=True)
    columns = fields.List(Text(1, 1024), load_default=None, allow_none=True, validate=validate.Length(1, 1000))
    class_name = Text(
        1, 1024, data_key="class", load_default=None, allow_none=True, metadata={"description": "Whose probability."}
    )
    loss = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LOSSES))
    background = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, MOST_BACKGROUND))
    repetitions = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, MOST_REPETITIONS))
    grid_points = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(2, MOST_GRID_POINTS))
    seed = fields.Integer(load_default=0, validate=validate.Range(0, 2**32 - 1))

    @post_load
    def _request(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"request": ExplanationRequest(**data)}


class VersionQuerySchema(Schema):
    version = Version()


class ExplanationSchema(Schema):
    id = fields.String()
    model = fields.String()
    version = fields.Integer()
    owner = fields.String()
    request = fields.Dict()
    data = fields.Dict(metadata={"description": "A document of the kind's own: see docs/work.md"})
    created_at = fields.DateTime()


class ExplanationHeadSchema(Schema):
    id = fields.String()
    kind = fields.String()
    title = fields.String()
    created_at = fields.DateTime()


class ExplanationsSchema(Schema):
    explanations = fields.List(fields.Nested(ExplanationHeadSchema))


@blueprint.route("/models/<name>/explanations")
class ExplanationsOfModel(MethodView):
    @blueprint.arguments(VersionQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, ExplanationsSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
    def get(self, query: dict[str, Any], name: str) -> dict[str, Any]:
        """Your explanations of a version, the newest first"""
        version = services().models.version(name, query["version"])
        found = services().explanations.of_version(version.id, current_user().id)
        return {"explanations": [_head(each) for each in found]}

    @blueprint.arguments(VersionQuerySchema, location="query")
    @blueprint.arguments(NewExplanationSchema)
    @blueprint.response(HTTPStatus.ACCEPTED, StartedSchema)
    @blueprint.doc(
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.BAD_GATEWAY,
        )
    )
    def post(self, query: dict[str, Any], wanted: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Explain a version's predictions; the job's result names the explanation"""
        version = asked(name, query["version"])
        return started(services().explaining.explain(current_user(), version, wanted["request"]))


@blueprint.route("/explanations/<explanation_id>")
class OneExplanation(MethodView):
    @blueprint.response(HTTPStatus.OK, ExplanationSchema)
    @blueprint.doc(
        responses={
            "200": {
                "description": "The explanation's data, or its plot: an image, plotly's JSON, or a page that shows it.",
                "content": {kind: {} for kind in (HTML, *PLOTS)},
            }
        }
    )
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE))
    def get(self, explanation_id: str) -> Any:
        """An explanation, as data or as a plot, by Accept"""
        kind = accept.best(request.headers.get("Accept"), _FORMS)
        if kind == JSON:
            return services().explanations.get(explanation_id)
        kept = services().explanations
        body = _page(kept.plot(explanation_id, PLOTLY)) if kind == HTML else kept.plot(explanation_id, kind)
        response = Response(body, content_type=f"{kind}; charset=utf-8" if kind == HTML else kind)
        response.headers["Content-Security-Policy"] = f"{_POLICY} allow-scripts" if kind == HTML else _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _page(figure: bytes) -> bytes:
    """A page that draws the figure, with nothing from elsewhere."""
    script = services().explanations.plot_script() or b""
    # In a script `<` could end it: as an escape it is the same JSON.
    safe = json.dumps(json.loads(figure)).replace("<", "\\u003c").encode()
    return (
        b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Explanation</title>'
        b'<body style="margin:0"><div id="plot"></div><script>'
        + script
        + b"</script><script>const figure = "
        + safe
        + b'; Plotly.newPlot("plot", figure.data, figure.layout, {responsive: true, displaylogo: false})'
        b"</script></body></html>"
    )


def _head(explanation: Explanation) -> dict[str, Any]:
    data = explanation.data
    return {
        "id": explanation.id,
        "kind": data["kind"],
        "title": data["title"],
        "created_at": explanation.created_at,
    }
