"""The lake itself: GET /health, /runtimes, /environments/ID."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields

from registry import __version__
from registry.api.blueprint import Resource, problems
from registry.api.problems import stored_problem
from registry.api.services import services

blueprint = Resource("lake", "The lake itself.")


class HealthSchema(Schema):
    status = fields.String()
    version = fields.String()


class RuntimeSchema(Schema):
    language = fields.String()
    version = fields.String()
    image = fields.String()


class RuntimesSchema(Schema):
    runtimes = fields.List(fields.Nested(RuntimeSchema))


class EnvironmentSchema(Schema):
    id = fields.String()
    state = fields.String()
    base = fields.Dict()
    lock = fields.Dict()
    installed = fields.Dict(metadata={"description": "{package: version} as found in the image"})
    image_id = fields.String(allow_none=True)
    image_tag = fields.String(allow_none=True)
    image_bytes = fields.Integer(allow_none=True)
    problem = fields.Dict(allow_none=True)
    created_at = fields.DateTime()


@blueprint.route("/health")
class Health(MethodView):
    @blueprint.response(HTTPStatus.OK, HealthSchema)
    @blueprint.doc(security=[])
    def get(self) -> dict[str, str]:
        """Is the web process there?"""
        return {"status": "ok", "version": __version__}


@blueprint.route("/runtimes")
class Runtimes(MethodView):
    @blueprint.response(HTTPStatus.OK, RuntimesSchema)
    @blueprint.doc(**problems())
    def get(self) -> dict[str, Any]:
        """The interpreters that environments can be built on"""
        return {"runtimes": services().desk.runtimes().bases}


@blueprint.route("/environments/<environment_id>")
class OneEnvironment(MethodView):
    @blueprint.response(HTTPStatus.OK, EnvironmentSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, environment_id: str) -> dict[str, Any]:
        """An environment: its lock, its image, and what is really installed"""
        environment = services().environments.environment(environment_id)
        return {**asdict(environment), "problem": stored_problem(environment.problem)}
