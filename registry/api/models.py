"""Models: POST /models; GET, PATCH, DELETE /models/NAME; POST /models/NAME/restore."""

from http import HTTPStatus
from typing import Any

from flask import url_for
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from registry.api import upload_form
from registry.api.blueprint import Resource, problems
from registry.api.deletion import DeletionSchema
from registry.api.fields import Text, Version
from registry.api.model_document import ModelSchema, document
from registry.api.services import current_user, services

blueprint = Resource("models", "Named models: upload, look, edit, delete.")


class ModelQuerySchema(Schema):
    version = Version()


class EditSchema(Schema):
    description = Text(0, 10_000)
    tags = fields.List(Text(1, 100), validate=validate.Length(0, 100))

    @validates_schema
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Give `description`, `tags`, or both.")


class EditedSchema(Schema):
    name = fields.String()
    owner = fields.String()
    description = fields.String()
    tags = fields.List(fields.String())
    edited_at = fields.DateTime()


@blueprint.route("/models")
class Models(MethodView):
    @blueprint.response(HTTPStatus.ACCEPTED, upload_form.AcceptedSchema)
    @blueprint.alt_response(
        HTTPStatus.OK, schema=upload_form.AcceptedSchema, description="It was there: a note says so"
    )
    @blueprint.doc(
        requestBody=upload_form.FORM,
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.GONE,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    )
    def post(self) -> tuple[Any, int, dict[str, str]]:
        """Upload a model: the answer names the job that prepares it

        The same content again makes no new version: the answer is the version that has it, with 200; one that could
        not be prepared is prepared again, with 202 and a new job.
        """
        accepted = services().uploads.upload(current_user(), *upload_form.read())
        status = HTTPStatus.ACCEPTED if accepted.is_begun else HTTPStatus.OK
        return accepted, status, {"Location": url_for("jobs.OneJob", job_id=accepted.job)}


@blueprint.route("/models/<name>")
class OneModel(MethodView):
    @blueprint.arguments(ModelQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, ModelSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, query: dict[str, Any], name: str) -> dict[str, Any]:
        """A model: one version with all that is known of it"""
        return document(services().models.version(name, query["version"]))

    @blueprint.arguments(EditSchema)
    @blueprint.response(HTTPStatus.OK, EditedSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def patch(self, body: dict[str, Any], name: str) -> Any:
        """Edit a model's description and tags; later uploads leave them as they are then"""
        return services().texts.edit(name, **body)

    @blueprint.response(HTTPStatus.OK, DeletionSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def delete(self, name: str) -> Any:
        """Delete a model with all its versions: gone at once, restorable for a while"""
        return services().deletion.delete_model(name)


@blueprint.route("/models/<name>/restore")
class RestoreModel(MethodView):
    @blueprint.response(HTTPStatus.OK, EditedSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def post(self, name: str) -> Any:
        """Restore a deleted model"""
        services().deletion.restore_model(name)
        return services().texts.get(name)
