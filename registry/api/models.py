"""Models: POST /models, GET /models/NAME."""

import json
from http import HTTPStatus
from typing import Any

from flask import url_for
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from registry.api import multipart
from registry.api.blueprint import Resource, problems
from registry.api.datasets import uploaded_table
from registry.api.fields import Text, VersionNumber
from registry.api.problems import stored_problem
from registry.api.services import current_user, current_viewer, services
from registry.domain.entities import ModelVersion, State
from registry.domain.flavours import FLAVOURS, FORMATS
from registry.domain.text import is_storable
from registry.services.upload import UploadParts, UploadRequest
from registry.tables.formats import MEDIA_TYPES

blueprint = Resource("models", "Named models and their immutable numbered versions.")

_MODEL_NAME = validate.Regexp(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z", error="1 to 100 letters, digits, dots, dashes, underscores"
)
_TEXT_BYTES, _GOLDEN_BYTES = 5 << 20, 16 << 20
_FORM = {
    "required": True,
    "content": {
        multipart.MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["metadata", "model", "requirements"],
                "properties": {
                    "metadata": {"type": "string", "description": "JSON: see UploadRequest"},
                    "model": {"type": "string", "format": "binary", "description": "the model's file"},
                    "requirements": {"type": "string", "description": "`pip freeze`, a lock file, a conda export"},
                    "data": {"type": "string", "format": "binary", "description": "training data, target included"},
                    "golden": {
                        "type": "string",
                        "description": "JSON {rows, exact, prob}: sample rows with the creator's own predictions",
                    },
                },
            },
            "encoding": {"data": {"contentType": ", ".join(MEDIA_TYPES)}},
        }
    },
}


class UploadRequestSchema(Schema):
    name = Text(required=True, validate=_MODEL_NAME)
    description = Text(0, 10_000, load_default="")
    target = Text(1, 500, required=True)
    tags = fields.List(Text(1, 100), load_default=list, validate=validate.Length(0, 100))
    language = fields.String(load_default="python", validate=validate.OneOf(tuple(FLAVOURS)))
    language_version = Text(1, 50, required=True)
    flavour = fields.String(required=True)
    format = fields.String(load_default="pickle")
    model_class = Text(0, 500, load_default="")
    data_name = Text(0, 200, load_default="")
    data_description = Text(0, 10_000, load_default="")
    dataset = Text(0, 100, load_default=None, allow_none=True)
    system = fields.Dict(load_default=dict)

    @validates_schema
    def _known(self, data: dict[str, Any], **_: Any) -> None:
        if not is_storable(json.dumps(data["system"], ensure_ascii=False)):
            raise ValidationError("It has characters that are no text.", "system")
        for name, known in (("flavour", FLAVOURS), ("format", FORMATS)):
            if data[name] not in known[data["language"]]:
                raise ValidationError(f"For {data['language']}: one of {', '.join(known[data['language']])}.", name)

    @post_load
    def _request(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        name = data["data_name"] or f"data of {data['name']}"
        return {"request": UploadRequest(**{**data, "data_name": name})}


class AcceptedSchema(Schema):
    model = fields.String()
    version = fields.Integer()
    job = fields.String()
    state = fields.String()
    notes = fields.List(fields.String(), metadata={"description": "Repairs of the environment, the choice of base."})


class ModelQuerySchema(Schema):
    version = VersionNumber()


class EnvironmentOfVersionSchema(Schema):
    id = fields.String(allow_none=True)
    state = fields.String()
    image = fields.String(allow_none=True)
    base = fields.String()
    repairs = fields.List(fields.Dict())


class DatasetOfVersionSchema(Schema):
    hash = fields.String()
    name = fields.String()
    description = fields.String()
    rows = fields.Integer()


class ModelSchema(Schema):
    name = fields.String(attribute="model")
    owner = fields.String()
    version = fields.Integer(attribute="number")
    versions = fields.List(fields.Integer())
    description = fields.String()
    target = fields.String()
    tags = fields.List(fields.String())
    flavour = fields.String()
    format = fields.String()
    model_class = fields.String()
    language = fields.String()
    language_version = fields.String()
    state = fields.String(metadata={"enum": [*State]})
    job = fields.String(allow_none=True)
    problem = fields.Dict(allow_none=True)
    inputs = fields.List(fields.Dict())
    outputs = fields.List(fields.Dict())
    environment = fields.Nested(EnvironmentOfVersionSchema)
    dataset = fields.Nested(DatasetOfVersionSchema, allow_none=True)
    size = fields.Integer(attribute="model_bytes")
    sha256 = fields.String(attribute="model_blob")
    notes = fields.List(fields.String())
    system = fields.Dict()
    created_at = fields.DateTime()


@blueprint.route("/models")
class Models(MethodView):
    @blueprint.response(HTTPStatus.ACCEPTED, AcceptedSchema)
    @blueprint.doc(
        requestBody=_FORM,
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    )
    def post(self) -> tuple[Any, dict[str, str]]:
        """Upload a model: the answer names the job that prepares it"""
        multipart.require_multipart()
        upload: UploadRequest = multipart.metadata(UploadRequestSchema())["request"]
        golden = multipart.part("golden")
        parts = UploadParts(
            model=multipart.required("model"),
            requirements=multipart.read(multipart.required("requirements"), _TEXT_BYTES, "requirements"),
            data=uploaded_table("data"),
            golden=None if golden is None else multipart.read(golden[1], _GOLDEN_BYTES, "golden rows"),
            requirements_name=multipart.filename("requirements"),
        )
        accepted = services().uploads.upload(current_user(), upload, parts)
        return accepted, {"Location": url_for("jobs.OneJob", job_id=accepted.job)}


@blueprint.route("/models/<name>")
class OneModel(MethodView):
    @blueprint.arguments(ModelQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, ModelSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
    def get(self, query: dict[str, Any], name: str) -> dict[str, Any]:
        """A model: one version with all that is known of it"""
        version = services().models.version(name, query["version"])
        return _document(version)


def _document(version: ModelVersion) -> dict[str, Any]:
    resolution = services().environments.resolution(version.resolution_key)
    base = resolution.base
    return {
        **{name: getattr(version, name) for name in ModelVersion.__slots__},
        "versions": services().models.numbers(version.model),
        "job": services().jobs.of_version(version.id),
        "problem": stored_problem(version.problem),
        "environment": {
            "id": version.environment_id or resolution.environment_id,
            "state": resolution.state if version.environment_id is None else State.READY,
            "image": version.image_id,
            "base": f"{base['language']} {base['version']}",
            "repairs": resolution.repairs,
        },
        "dataset": _dataset(version),
    }


def _dataset(version: ModelVersion) -> dict[str, Any] | None:
    if version.dataset_hash is None:
        return None
    found = services().datasets
    seen = found.aliases(version.dataset_hash, current_viewer())
    named = [alias for alias in seen if alias.name == version.dataset_name]
    return {
        "hash": version.dataset_hash,
        "name": version.dataset_name,
        "description": named[0].description if named else "",
        "rows": found.get(version.dataset_hash).rows,
    }
