"""Predictions: POST /models/NAME/predict, at once; POST /models/NAME/predictions, by a job."""

import json
import shutil
import tempfile
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema as WireSchema
from marshmallow import ValidationError, fields, validate

from registry.api.answering import asked, origin, signed
from registry.api.blueprint import Resource, problems
from registry.api.fields import Text, Version
from registry.api.jobs import StartedSchema, started
from registry.api.services import current_user, current_viewer, services
from registry.domain.entities import ModelVersion
from registry.domain.errors.invalid import InvalidRequest
from registry.services.predict import MODES
from registry.tables import formats, json_format
from registry.tables.table import Table

# Bytes of a body that is not held in memory where it need not be.
_LARGE = 8 << 20
_PIECE = 1 << 20
blueprint = Resource("predictions", "Calling a model.")

_EXAMPLE = {"columns": ["alcohol", "malic_acid"], "data": [[14.2, 1.7]]}


class PredictQuerySchema(WireSchema):
    mode = fields.String(load_default="exact", validate=validate.OneOf(MODES))
    version = Version()


class PredictionsQuerySchema(PredictQuerySchema):
    name = Text(1, 200, load_default="", metadata={"description": "What the dataset of the answers is called."})
    description = Text(0, 10_000, load_default="")


class DatasetRowsSchema(WireSchema):
    """The body that names a stored dataset in the place of rows; what it says comes before the query."""

    dataset = Text(1, 100, required=True)
    mode = fields.String(validate=validate.OneOf(MODES))
    name = Text(1, 200)
    description = Text(0, 10_000)


_QUESTION = {
    "required": True,
    "content": {
        formats.JSON: {
            "example": _EXAMPLE,
            "schema": {"description": "{columns, data}, a list of records, or {dataset: hash of a stored one}"},
        },
        **{kind: {} for kind in formats.MEDIA_TYPES if kind != formats.JSON},
    },
}


@blueprint.route("/models/<name>/predict")
class Predict(MethodView):
    @blueprint.arguments(PredictQuerySchema, location="query")
    @blueprint.doc(
        requestBody=_QUESTION,
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
        # One that comes in chunks does not say how large it is.
        size = _LARGE if request.content_length is None else request.content_length
        if version.together is True and kind in formats.IN_PARTS and size >= _LARGE:
            return _response(version, query["mode"], _in_parts(version, query["mode"], kind), accept, records=False)
        body = request.get_data(cache=False)
        inputs, records = here.inputs.of(version), False
        if kind == formats.JSON:
            document = json_format.parse(body)
            records = json_format.is_records(document)
            if (stored := _stored(document)) is not None:
                table = here.batches.rows(current_viewer(), version, stored["dataset"])
                query = {**query, **stored}
            else:
                table = json_format.from_document(document, inputs)
        else:
            table = formats.read(kind, body, inputs, max_bytes=here.settings.container_memory)
        answer = here.prediction.answer(version.id, query["mode"], table, together=version.together is True)
        return _response(version, query["mode"], answer, accept, records=records)


@blueprint.route("/models/<name>/predictions")
class Predictions(MethodView):
    @blueprint.arguments(PredictionsQuerySchema, location="query")
    @blueprint.response(HTTPStatus.ACCEPTED, StartedSchema)
    @blueprint.doc(requestBody=_QUESTION)
    @blueprint.doc(
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.BAD_GATEWAY,
        )
    )
    def post(self, query: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Predict a dataset, or rows that become one, by a job; its result is a dataset of the answers"""
        here, user = services(), current_user()
        kind = formats.media_type(request.content_type)
        version = asked(name, query["version"])
        body, inputs = request.get_data(cache=False), here.inputs.of(version)
        told = {key: query[key] for key in ("mode", "name", "description")}
        if kind == formats.JSON:
            document = json_format.parse(body)
            if (stored := _stored(document)) is not None:
                return started(here.batches.predict(user, version, stored.pop("dataset"), **{**told, **stored}))
            table = json_format.from_document(document, inputs)
        else:
            table = formats.read(kind, body, inputs, max_bytes=here.settings.container_memory)
        return started(here.batches.predict_table(user, version, table, **told))


def _in_parts(version: ModelVersion, mode: str, kind: str) -> Table:
    """The answer to a large body: it goes to the disk, and from there to the model a part at a time."""
    here = services()
    inputs, limit = here.inputs.of(version), here.settings.container_memory
    with tempfile.TemporaryFile(dir=here.settings.incoming_folder) as file:
        shutil.copyfileobj(request.stream, file, _PIECE)
        file.seek(0)
        answer = here.prediction.answer_parts(
            version.id, mode, formats.parts(kind, file, inputs, max_bytes=limit).parts
        )
        if answer is None:
            file.seek(0)
            answer = here.prediction.answer(version.id, mode, formats.read(kind, file, inputs, max_bytes=limit))
    return answer


def _stored(document: Any) -> dict[str, Any] | None:
    """What a body says that names a stored dataset; None when it is a table. Raises InvalidRequest."""
    if not isinstance(document, dict) or "dataset" not in document or "data" in document or "records" in document:
        return None
    try:
        return dict(DatasetRowsSchema().load(document))
    except ValidationError as error:
        found = error.messages_dict
        problems = [{"location": "json", "field": str(name), "reason": str(found[name])} for name in found]
        raise InvalidRequest("The body names a dataset, but not only that.", problems=problems) from error


def _response(version: ModelVersion, mode: str, answer: Table, accept: str | None, *, records: bool) -> Response:
    content_type, body = formats.write(accept, answer, orient="records" if records else "split")
    if content_type == formats.JSON:
        # The table is JSON text already: it goes into the envelope as it is.
        envelope = json.dumps({**origin(version), "mode": mode}).encode()[:-1]
        body = envelope + (b', "predictions": ' + body + b"}" if records else b", " + body.lstrip()[1:])
    return signed(Response(body, content_type=content_type), version)
