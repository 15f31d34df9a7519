"""Predictions: POST /models/NAME/predict."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answering import asked, origin, signed
from registry.api.blueprint import Resource, problems
from registry.api.fields import Version
from registry.api.services import services
from registry.domain.entities import ModelVersion
from registry.services.predict import MODES
from registry.tables import formats, json_format
from registry.tables.table import Table

blueprint = Resource("predictions", "Calling a model.")

_EXAMPLE = {"columns": ["alcohol", "malic_acid"], "data": [[14.2, 1.7]]}


class PredictQuerySchema(Schema):
    mode = fields.String(load_default="exact", validate=validate.OneOf(MODES))
    version = Version()


@blueprint.route("/models/<name>/predict")
class Predict(MethodView):
    @blueprint.arguments(PredictQuerySchema, location="query")
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                formats.JSON: {
                    "example": _EXAMPLE,
                    "schema": {"description": "{columns, data}, or a list of records"},
                },
                **{kind: {} for kind in formats.MEDIA_TYPES if kind != formats.JSON},
            },
        },
        responses={
            "200": {
                "description": "One prediction per row. The headers Weles-Model, -Version, -Environment and -Image say "
                "what gave it; in JSON the members model, version, environment and image do, too.",
                "content": {kind: {} for kind in formats.MEDIA_TYPES},
            }
        },
    )
    @blueprint.doc(
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.GONE,
            HTTPStatus.NOT_ACCEPTABLE,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.BAD_GATEWAY,
            HTTPStatus.GATEWAY_TIMEOUT,
        )
    )
    def post(self, query: dict[str, Any], name: str) -> Response:
        """Predict: rows in, as many predictions out, in their order"""
        here = services()
        kind = formats.media_type(request.content_type)
        accept = request.headers.get("Accept")
        formats.negotiate(accept)
        version = asked(name, query["version"])
        body = request.get_data(cache=False)
        inputs, records = here.inputs.of(version), False
        if kind == formats.JSON:
            document = json_format.parse(body)
            records = json_format.is_records(document)
            table = json_format.from_document(document, inputs)
        else:
            table = formats.read(kind, body, inputs, max_bytes=here.settings.container_memory)
        answer = here.prediction.answer(version.id, query["mode"], table)
        return _response(version, query["mode"], answer, accept, records=records)


def _response(version: ModelVersion, mode: str, answer: Table, accept: str | None, *, records: bool) -> Response:
    content_type, body = formats.write(accept, answer, orient="records" if records else "split")
    if content_type == formats.JSON:
        # The table is JSON text already: it goes into the envelope as it is.
        envelope = json.dumps({**origin(version), "mode": mode}).encode()[:-1]
        body = envelope + (b', "predictions": ' + body + b"}" if records else b", " + body.lstrip()[1:])
    return signed(Response(body, content_type=content_type), version)
