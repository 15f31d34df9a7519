"""Environments: POST /environments/resolve, GET /environments/ID/packages, /dockerfile, /diff; model requirements."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields

from builders.inputs.formats import LOCK_BYTES
from registry.api.blueprint import Resource, problems
from registry.api.fields import Text, Version
from registry.api.services import current_user, current_viewer, services
from registry.services.doctor import EnvironmentQuestion

blueprint = Resource("environments", "What models run in: one image per environment.")
_TEXT = "text/plain; charset=utf-8"
# In JSON a character can take six bytes.
_RESOLVE_BYTES = 6 * LOCK_BYTES


class QuestionSchema(Schema):
    requirements = Text(0, LOCK_BYTES, required=True, metadata={"description": "as in an upload: a freeze, a lock …"})
    filename = Text(0, 255, load_default="", metadata={"description": "A hint at the form of the requirements."})
    language = Text(1, 20, load_default="python")
    language_version = Text(1, 50, required=True, metadata={"example": "3.11"})


class RepairSchema(Schema):
    line = fields.Integer()
    text = fields.String()
    action = fields.String()
    reason = fields.String()


class PackageSchema(Schema):
    name = fields.String()
    version = fields.String()
    kind = fields.String(metadata={"enum": ["wheel", "sdist", "r-source", "deb"]})
    bytes = fields.Integer(metadata={"description": "Of its file; 0 where the index does not say."})


class InstalledPackageSchema(PackageSchema):
    installed = fields.String(allow_none=True, metadata={"description": "The version found in the image."})


class SharingSchema(Schema):
    environment = fields.String(allow_none=True, metadata={"description": "None when it is not yours to see."})
    packages = fields.Integer()
    bytes = fields.Integer()
    layers = fields.Integer()
    layer_bytes = fields.Integer()


class VerdictSchema(Schema):
    ok = fields.Boolean()
    base = fields.Dict(allow_none=True)
    note = fields.String(allow_none=True, metadata={"description": "How the base differs from what was asked for."})
    environment = fields.String(allow_none=True)
    image = fields.Dict(metadata={"description": "{exists, bytes}: is there an image of exactly this environment?"})
    packages = fields.List(fields.Nested(PackageSchema))
    libraries = fields.List(fields.Nested(PackageSchema))
    compiles = fields.List(fields.String(), metadata={"description": "What has no wheel and would be compiled."})
    package_bytes = fields.Integer()
    download_bytes = fields.Integer(metadata={"description": "Of package files that the lake does not have yet."})
    repairs = fields.List(fields.Nested(RepairSchema))
    problems = fields.List(fields.Dict(), metadata={"description": "Lines that cannot be used."})
    shares = fields.Nested(SharingSchema, allow_none=True)
    diagnosis = fields.Dict(allow_none=True, metadata={"description": "Why it cannot be resolved."})
    next = fields.String()


class PackagesSchema(Schema):
    packages = fields.List(fields.Nested(InstalledPackageSchema))
    repairs = fields.List(fields.Nested(RepairSchema))


class OtherSchema(Schema):
    other = Text(1, 100, required=True, metadata={"description": "The id of the environment to compare with."})


class RequirementsQuerySchema(Schema):
    version = Version()
    declared = fields.Boolean(load_default=False, metadata={"description": "The text as it was uploaded."})


class DifferencesSchema(Schema):
    added = fields.List(fields.Dict())
    removed = fields.List(fields.Dict())
    changed = fields.List(fields.Dict(), metadata={"description": "{name, from, to} each"})
    same = fields.Integer()
    interpreter = fields.Dict(allow_none=True)


def _with_room_for_locks(view: Callable[..., Any]) -> Callable[..., Any]:
    """Lock files are larger than other JSON: the limit is raised before anything of the body is read."""

    @wraps(view)
    def roomy(*arguments: Any, **options: Any) -> Any:
        request.max_content_length = _RESOLVE_BYTES
        return view(*arguments, **options)

    return roomy


@blueprint.route("/environments/resolve")
class Resolve(MethodView):
    decorators: ClassVar = [_with_room_for_locks]

    @blueprint.arguments(QuestionSchema)
    @blueprint.response(HTTPStatus.OK, VerdictSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST))
    def post(self, question: dict[str, Any]) -> dict[str, Any]:
        """The doctor: what would become of an environment; nothing is built"""
        text = question.pop("requirements").encode()
        return services().doctor.verdict(current_user(), EnvironmentQuestion(text, **question))


@blueprint.route("/environments/<environment_id>/packages")
class Packages(MethodView):
    @blueprint.response(HTTPStatus.OK, PackagesSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, environment_id: str) -> dict[str, Any]:
        """An environment's packages, and what was repaired on the way to them"""
        told = services().environment_service
        return {"packages": told.packages(environment_id), "repairs": told.repairs(environment_id)}


@blueprint.route("/environments/<environment_id>/dockerfile")
class Dockerfile(MethodView):
    @blueprint.response(HTTPStatus.OK, {"type": "string"}, content_type="text/plain")
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, environment_id: str) -> Response:
        """The Dockerfile that the environment's image is built from, exactly"""
        return Response(services().environment_service.dockerfile(environment_id), content_type=_TEXT)


@blueprint.route("/environments/<environment_id>/diff")
class Diff(MethodView):
    @blueprint.arguments(OtherSchema, location="query")
    @blueprint.response(HTTPStatus.OK, DifferencesSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
    def get(self, query: dict[str, Any], environment_id: str) -> dict[str, Any]:
        """What comes, goes and changes from this environment to another one"""
        return services().environment_service.differences(current_viewer(), environment_id, query["other"])


@blueprint.route("/models/<name>/requirements")
class Requirements(MethodView):
    @blueprint.arguments(RequirementsQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, {"type": "string"}, content_type="text/plain")
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, query: dict[str, Any], name: str) -> Response:
        """What a version runs with: its locked packages as pins, or the text as it was uploaded"""
        version = services().models.version(name, query["version"])
        text = services().environment_service.requirements(version, declared=query["declared"])
        return Response(text, content_type=_TEXT)
