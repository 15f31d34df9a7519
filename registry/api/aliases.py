"""Aliases: GET /models/NAME/aliases; GET, PUT, DELETE /models/NAME/aliases/ALIAS."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.blueprint import Resource, problems
from registry.api.fields import Version
from registry.api.model_document import AliasOfModelSchema
from registry.api.services import current_user, services
from registry.domain.version_ref import LARGEST_NUMBER, VersionRef

blueprint = Resource("aliases", "Movable names of versions, such as `production`; `latest` is the lake's own.")


def _expected() -> fields.Integer:
    return fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, LARGEST_NUMBER),
        metadata={"description": "Where the alias must be now, or nothing moves; 0: nowhere."},
    )


class MoveSchema(Schema):
    version = Version(required=True)
    expected = _expected()


class RemovalSchema(Schema):
    expected = _expected()


class AliasMoveSchema(Schema):
    version_before = fields.Integer(allow_none=True)
    version_after = fields.Integer(allow_none=True)
    moved_by = fields.String()
    moved_at = fields.DateTime()


class AliasWithHistorySchema(AliasOfModelSchema):
    history = fields.List(fields.Nested(AliasMoveSchema), metadata={"description": "Oldest first."})


class AliasesSchema(Schema):
    aliases = fields.List(fields.Nested(AliasOfModelSchema))


@blueprint.route("/models/<name>/aliases")
class Aliases(MethodView):
    @blueprint.response(HTTPStatus.OK, AliasesSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, name: str) -> dict[str, Any]:
        """All aliases of a model"""
        return {"aliases": services().aliases.of_model(name)}


@blueprint.route("/models/<name>/aliases/<alias>")
class OneAlias(MethodView):
    @blueprint.response(HTTPStatus.OK, AliasWithHistorySchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, name: str, alias: str) -> dict[str, Any]:
        """Where an alias is, and where it has been"""
        found = services().aliases.get(name, alias)
        return {
            "name": found.name,
            "version": found.version,
            "moved_by": found.moved_by,
            "moved_at": found.moved_at,
            "history": services().aliases.moves(name, alias),
        }

    @blueprint.arguments(MoveSchema)
    @blueprint.response(HTTPStatus.OK, AliasOfModelSchema)
    @blueprint.doc(
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.BAD_GATEWAY,
        )
    )
    def put(self, body: dict[str, Any], name: str, alias: str) -> Any:
        """Make an alias, or move it to another version, which must be ready"""
        version: VersionRef = body["version"]
        return services().aliases.put(current_user(), name, alias, version, body["expected"])

    @blueprint.arguments(RemovalSchema, location="query")
    @blueprint.response(HTTPStatus.NO_CONTENT)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
    def delete(self, query: dict[str, Any], name: str, alias: str) -> None:
        """Take an alias away; the version stays"""
        services().aliases.remove(current_user(), name, alias, query["expected"])
