"""MLflow's scoring protocol, one base URL per model: /models/NAME/invocations, …/ping, …/version."""

from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from registry import __version__
from registry.api.answering import asked, signed
from registry.api.blueprint import Resource, problems
from registry.api.predictions import PredictQuerySchema
from registry.api.problems import problem, translated
from registry.api.services import services
from registry.domain.errors.families import WelesError
from registry.domain.errors.invalid import InvalidRequest
from registry.services.predict import require_ready
from registry.tables import formats, mlflow_format

blueprint = Resource("mlflow", "MLflow's scoring protocol; a model's URL is the base URL of its scoring server.")

_TEXT = "text/plain; charset=utf-8"


def _problem(error: WelesError) -> Response:
    """As everywhere, with `error_code` and `message` beside it, as MLflow's server names them."""
    codes = {"caller": "BAD_REQUEST", "model": "INTERNAL_ERROR", "lake": "TEMPORARILY_UNAVAILABLE"}
    return problem(error, {"error_code": codes[error.family], "message": error.detail})


blueprint.register_error_handler(WelesError, _problem)
blueprint.register_error_handler(HTTPException, lambda error: _problem(translated(error)))


@blueprint.route("/models/<name>/invocations")
class Invocations(MethodView):
    @blueprint.arguments(PredictQuerySchema, location="query")
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                formats.JSON: {
                    "example": {
                        "dataframe_split": {"columns": ["alcohol", "malic_acid"], "data": [[14.2, 1.7]]},
                        "params": {"mode": "prob"},
                    }
                },
                **{kind: {} for kind in formats.MEDIA_TYPES if kind != formats.JSON},
            },
        },
        responses={
            "200": {
                "description": '{"predictions": […]}: values, or records when there are several columns.',
                "content": {formats.JSON: {}},
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
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.BAD_GATEWAY,
            HTTPStatus.GATEWAY_TIMEOUT,
        )
    )
    def post(self, query: dict[str, Any], name: str) -> Response:
        """Predict, in MLflow's forms; `params` may set mode and version, as the query may"""
        here = services()
        kind = formats.media_type(request.content_type)
        version = asked(name, query["version"])
        body = request.get_data(cache=False)
        if kind == formats.JSON:
            scoring = mlflow_format.parse(body)
            if scoring.params:
                query = _with_params(query, scoring.params)
                version = asked(name, query["version"])
            table = mlflow_format.table(scoring, here.inputs.of(version))
        else:
            table = formats.read(kind, body, here.inputs.of(version), max_bytes=here.settings.container_memory)
        answer = here.prediction.answer(version.id, query["mode"], table, together=version.together is True)
        return signed(Response(mlflow_format.write(answer), content_type=formats.JSON), version)


@blueprint.route("/models/<name>/ping")
class Ping(MethodView):
    @blueprint.response(HTTPStatus.OK, {"type": "string"}, content_type="text/plain")
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.BAD_GATEWAY))
    def get(self, name: str) -> Response:
        """Can this model be asked?"""
        here = services()
        require_ready(here.models.version(name), here.jobs)
        return Response("\n", content_type=_TEXT)


@blueprint.route("/models/<name>/version")
class ServerVersion(MethodView):
    @blueprint.response(HTTPStatus.OK, {"type": "string"}, content_type="text/plain")
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, name: str) -> Response:
        """The version of the server, which is the lake's"""
        services().models.version(name)
        return Response(__version__, content_type=_TEXT)


def _with_params(query: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The query with `params` over it. Raises InvalidRequest with those that are unknown or wrong."""
    try:
        return {**query, **PredictQuerySchema(partial=True).load(params)}
    except ValidationError as error:
        reasons = error.messages if isinstance(error.messages, dict) else {}
        wrong = [{"field": f"params.{name}", "reason": str(reason)} for name, reason in reasons.items()]
        raise InvalidRequest(
            "`params` can set mode (exact or prob) and version; something else is in it.", problems=wrong
        ) from error
