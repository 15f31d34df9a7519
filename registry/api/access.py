"""Sharing: GET and PUT /models/NAME/access, /datasets/HASH/access."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, post_load, validate

from registry.api.blueprint import Resource, problems
from registry.api.fields import Text
from registry.api.services import current_user, services
from registry.domain.access import AliasAudience, Audience, Visibility

blueprint = Resource("access", "Whom models and datasets are for.")

_MEANING = "private: the owner's alone; shared: with `users`; public: for every user of the lake"


class AudienceSchema(Schema):
    visibility = fields.Enum(Visibility, by_value=True, required=True, metadata={"description": _MEANING})
    users = fields.List(
        Text(1, 100),
        load_default=list,
        validate=validate.Length(0, 1000),
        metadata={"description": "Names, when it is shared: these and nobody else.", "example": ["bob"]},
    )

    @post_load
    def _audience(self, data: dict[str, Any], **_: Any) -> Audience:
        return Audience(data["visibility"], tuple(dict.fromkeys(data["users"])))


class AliasAudienceSchema(Schema):
    name = fields.String()
    owner = fields.String()
    visibility = fields.Enum(Visibility, by_value=True, attribute="audience.visibility")
    users = fields.List(fields.String(), attribute="audience.users")


class AliasAudiencesSchema(Schema):
    aliases = fields.List(fields.Nested(AliasAudienceSchema))


class AliasQuerySchema(Schema):
    alias = Text(1, 200, load_default=None, metadata={"description": "Which alias; default: all of the owner's."})
    owner = Text(1, 100, load_default=None, metadata={"description": "Whose (administrators); default: yours."})


@blueprint.route("/models/<name>/access")
class ModelAccess(MethodView):
    @blueprint.response(HTTPStatus.OK, AudienceSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def get(self, name: str) -> Audience:
        """Whom a model is for (its owner and administrators)"""
        return services().access.audience(name)

    @blueprint.arguments(AudienceSchema)
    @blueprint.response(HTTPStatus.OK, AudienceSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def put(self, audience: Audience, name: str) -> Audience:
        """Say whom a model is for, instead of what was said before"""
        services().access.share_model(name, audience)
        return services().access.audience(name)


@blueprint.route("/datasets/<content_hash>/access")
class DatasetAccess(MethodView):
    @blueprint.response(HTTPStatus.OK, AliasAudiencesSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def get(self, content_hash: str) -> dict[str, list[AliasAudience]]:
        """Whom your aliases of a dataset are for (administrators: everybody's)"""
        return {"aliases": services().access.alias_audiences(current_user(), content_hash)}

    @blueprint.arguments(AliasQuerySchema, location="query")
    @blueprint.arguments(AudienceSchema)
    @blueprint.response(HTTPStatus.OK, AliasAudiencesSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def put(self, query: dict[str, Any], audience: Audience, content_hash: str) -> dict[str, list[AliasAudience]]:
        """Say whom an alias of a dataset is for, instead of what was said before"""
        shared = services().access.share_aliases(
            current_user(), content_hash, audience, owner=query["owner"], name=query["alias"]
        )
        return {"aliases": shared}
