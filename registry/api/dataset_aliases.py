"""Names of datasets: POST /datasets/HASH/aliases, PATCH and DELETE …/aliases/NAME."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, ValidationError, validates_schema

from registry.api.blueprint import Resource, problems
from registry.api.dataset_document import DatasetSchema, document
from registry.api.datasets import NewDatasetSchema
from registry.api.fields import Text
from registry.api.services import current_user, services

blueprint = Resource("dataset_aliases", "Names of datasets: each is somebody's, and a dataset may have many.")


class ChangedAliasSchema(Schema):
    name = Text(1, 200)
    description = Text(0, 10_000)

    @validates_schema
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Send a new `name`, a new `description`, or both.")


class OwnerQuerySchema(Schema):
    owner = Text(
        1, 100, load_default=None, metadata={"description": "Whose alias it is, for administrators; default: yours."}
    )


@blueprint.route("/datasets/<content_hash>/aliases")
class Aliases(MethodView):
    @blueprint.arguments(NewDatasetSchema)
    @blueprint.response(HTTPStatus.CREATED, DatasetSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
    def post(self, alias: dict[str, Any], content_hash: str) -> dict[str, Any]:
        """Give a dataset a name and a description of your own"""
        services().datasets.name(current_user(), content_hash, alias["name"], alias["description"])
        return document(services().datasets.described(content_hash))


@blueprint.route("/datasets/<content_hash>/aliases/<path:alias>")
class OneAlias(MethodView):
    @blueprint.arguments(ChangedAliasSchema)
    @blueprint.arguments(OwnerQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, DatasetSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
    def patch(self, changes: dict[str, Any], query: dict[str, Any], content_hash: str, alias: str) -> dict[str, Any]:
        """Rename an alias, or describe it anew"""
        services().datasets.edit_alias(current_user(), content_hash, alias, query["owner"], **changes)
        return document(services().datasets.described(content_hash))

    @blueprint.arguments(OwnerQuerySchema, location="query")
    @blueprint.response(HTTPStatus.NO_CONTENT)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
    def delete(self, query: dict[str, Any], content_hash: str, alias: str) -> None:
        """Take a name away; a dataset without one goes in time, unless a model was made with it"""
        services().datasets.remove_alias(current_user(), content_hash, alias, query["owner"])
