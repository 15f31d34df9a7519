"""The Open Inference Protocol v2, for the clients of Triton, MLServer and KServe: /v2, …/health, …/models/NAME."""

from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from registry import __version__
from registry.api.answering import asked, origin, signed
from registry.api.blueprint import Resource, problems
from registry.api.fields import version_in_path
from registry.api.problems import problem, translated
from registry.api.services import services
from registry.domain.entities import ModelVersion
from registry.domain.errors.families import WelesError
from registry.domain.errors.invalid import InvalidRequest, UnsupportedMediaType
from registry.domain.schema import Schema as TableSchema
from registry.domain.version_ref import LATEST, VersionRef
from registry.services.predict import require_ready
from registry.tables import open_inference, tensors
from registry.tables.open_inference import InferenceRequest, WantedOutput
from registry.tables.table import Table

blueprint = Resource("open_inference", "The Open Inference Protocol v2, for the clients of other servers.", "/v2")

PROBABILITIES = "prob"
_BINARY = "application/octet-stream"
_JSON = "application/json"
_HEADER = "Inference-Header-Content-Length"


class ServerSchema(Schema):
    name = fields.String()
    version = fields.String()
    extensions = fields.List(fields.String())


class LiveSchema(Schema):
    live = fields.Boolean()


class ReadySchema(Schema):
    name = fields.String()
    ready = fields.Boolean()


class TensorSchema(Schema):
    name = fields.String()
    datatype = fields.String(metadata={"enum": [*tensors.DATATYPES]})
    shape = fields.List(fields.Integer())
    parameters = fields.Dict(metadata={"description": "type, levels, ordered, zone, nulls: see the guide"})


class ModelMetadataSchema(Schema):
    name = fields.String()
    versions = fields.List(fields.String())
    platform = fields.String()
    inputs = fields.List(fields.Nested(TensorSchema))
    outputs = fields.List(fields.Nested(TensorSchema))
    properties = fields.Dict()


def _problem(error: WelesError) -> Response:
    """As everywhere, with the member `error` beside it, by which these clients know an error; 400 where we say 422."""
    response = problem(error, {"error": error.detail})
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        response = problem(error, {"error": error.detail, "status": HTTPStatus.BAD_REQUEST.value})
    return response


blueprint.register_error_handler(WelesError, _problem)
blueprint.register_error_handler(HTTPException, lambda error: _problem(translated(error)))


@blueprint.route("")
class Server(MethodView):
    @blueprint.response(HTTPStatus.OK, ServerSchema)
    @blueprint.doc(security=[])
    def get(self) -> dict[str, Any]:
        """What server this is"""
        return {"name": "weles", "version": __version__, "extensions": ["binary_tensor_data"]}


@blueprint.route("/health/live")
class Live(MethodView):
    @blueprint.response(HTTPStatus.OK, LiveSchema)
    @blueprint.doc(security=[])
    def get(self) -> dict[str, bool]:
        """Is the web process there?"""
        return {"live": True}


@blueprint.route("/health/ready")
class Ready(MethodView):
    @blueprint.response(HTTPStatus.OK, ReadySchema)
    @blueprint.doc(security=[], **problems())
    def get(self) -> dict[str, Any]:
        """Can models be asked? The worker and its engine answer"""
        services().desk.runtimes()
        return {"name": "weles", "ready": True}


@blueprint.route("/models/<name>")
@blueprint.route("/models/<name>/versions/<version>", endpoint="VersionMetadata")
class ModelMetadata(MethodView):
    @blueprint.response(HTTPStatus.OK, ModelMetadataSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, name: str, version: str | None = None) -> dict[str, Any]:
        """A model's inputs and outputs"""
        here = services()
        found = here.models.version(name, _ref(version))
        return {
            "name": found.model,
            "versions": [str(number) for number in here.models.numbers(name)],
            "platform": f"{found.language}_{found.flavour}",
            "inputs": [open_inference.metadata(field) for field in TableSchema.from_json(found.inputs).fields],
            "outputs": [*map(open_inference.metadata, TableSchema.from_json(found.outputs).fields), *_prob(found)],
            "properties": {key: str(value) for key, value in origin(found).items() if value is not None},
        }


@blueprint.route("/models/<name>/ready")
@blueprint.route("/models/<name>/versions/<version>/ready", endpoint="VersionReady")
class ModelReady(MethodView):
    @blueprint.response(HTTPStatus.OK, ReadySchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.BAD_GATEWAY))
    def get(self, name: str, version: str | None = None) -> dict[str, Any]:
        """Can this model be asked?"""
        here = services()
        require_ready(here.models.version(name, _ref(version)), here.jobs)
        return {"name": name, "ready": True}


@blueprint.route("/models/<name>/infer")
@blueprint.route("/models/<name>/versions/<version>/infer", endpoint="VersionInfer")
class Infer(MethodView):
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                _JSON: {
                    "example": {
                        "inputs": [{"name": "alcohol", "shape": [2], "datatype": "FP64", "data": [14.2, 13.1]}],
                        "outputs": [{"name": "prediction"}, {"name": PROBABILITIES}],
                    }
                },
                _BINARY: {},
            },
        },
        responses={
            "200": {
                "description": "One tensor per output: what `exact` gives; `prob` (shape [n, k]) if asked for.",
                "content": {_JSON: {}, _BINARY: {}},
            }
        },
    )
    @blueprint.doc(
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.GONE,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.BAD_GATEWAY,
            HTTPStatus.GATEWAY_TIMEOUT,
        )
    )
    def post(self, name: str, version: str | None = None) -> Response:
        """Infer: tensors in, tensors out"""
        if request.content_encoding not in (None, "", "identity"):
            raise UnsupportedMediaType(f"with Content-Encoding {request.content_encoding}"[:100], (_JSON, _BINARY))
        found = asked(name, _ref(version))
        inference = open_inference.read(request.get_data(cache=False), _header_bytes())
        table = open_inference.table(inference, services().inputs.of(found))
        document: dict[str, Any] = {"model_name": found.model, "model_version": str(found.number)}
        if inference.id is not None:
            document["id"] = inference.id
        body, header_bytes = open_inference.write(document, _answers(found, inference, table))
        response = Response(body, content_type=_JSON if header_bytes is None else _BINARY)
        if header_bytes is not None:
            response.headers[_HEADER] = str(header_bytes)
        return signed(response, found)


def _answers(version: ModelVersion, inference: InferenceRequest, table: Table) -> list[tensors.Tensor]:
    """The tensors that were asked for, in that order; the model is asked once for each mode that they need."""
    wanted = inference.outputs
    predict = partial(services().prediction.answer, version.id, together=version.together is True)
    exact = prob = None
    if wanted is None or any(each.name != PROBABILITIES for each in wanted):
        exact = predict("exact", table)
        known = (*exact.schema.names, PROBABILITIES)
        if unknown := [each.name for each in wanted or () if each.name not in known]:
            raise InvalidRequest(
                f"There is no output {unknown[0]!r:.80}.", next=f"Ask for some of {', '.join(known)}, or for none."
            )
        wanted = wanted or tuple(WantedOutput(each, inference.binary) for each in exact.schema.names)
    if any(each.name == PROBABILITIES for each in wanted):
        prob = predict("prob", table)
    found = []
    for each in wanted:
        if each.name == PROBABILITIES and prob is not None:
            found.append(tensors.of_probabilities(each.name, prob.columns, prob.rows, binary=each.binary))
        elif exact is not None:
            found.append(tensors.of_column(exact.column(each.name), binary=each.binary))
    return found


def _prob(version: ModelVersion) -> list[dict[str, Any]]:
    """The tensor of probabilities, of a version that has them."""
    classes = version.prob_classes
    return [] if classes is None else [open_inference.metadata_of_probabilities(PROBABILITIES, classes)]


def _ref(version: str | None) -> VersionRef:
    """The version in the path: a number, an alias or a hash. Raises NotFound for what can be none."""
    return LATEST if version is None else version_in_path(version)


def _header_bytes() -> int | None:
    text = request.headers.get(_HEADER)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidRequest(f"The header {_HEADER} is not a number of bytes.")
    return int(text)
