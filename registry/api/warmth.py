"""Keeping a model warm: GET, PUT /models/NAME/warm."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.blueprint import Resource, problems
from registry.api.services import services
from registry.domain.warmth import Warmth as KeptWarmth

blueprint = Resource("warmth", "Whether a model's container is up before anybody asks.")

_HOURS = "Hours of the day in UTC, as 07:00-19:00; null: always."


class WarmthSchema(Schema):
    min_warm = fields.Integer(required=True, strict=True, validate=validate.Range(0, 1))
    hours = fields.String(load_default=None, allow_none=True, metadata={"description": _HOURS, "maxLength": 100})


@blueprint.route("/models/<name>/warm")
class Warmth(MethodView):
    @blueprint.response(HTTPStatus.OK, WarmthSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, name: str) -> KeptWarmth:
        """Whether the model is kept warm"""
        return services().warmth.of(name)

    @blueprint.arguments(WarmthSchema)
    @blueprint.response(HTTPStatus.OK, WarmthSchema)
    @blueprint.doc(
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
        )
    )
    def put(self, given: dict[str, Any], name: str) -> KeptWarmth:
        """Keep a container of `production` (else of the newest version) up, or let it go"""
        return services().warmth.set(name, given["min_warm"], given["hours"])
