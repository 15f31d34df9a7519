"""One's own tokens: /users/me/tokens."""

from dataclasses import asdict
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.blueprint import Resource, problems
from registry.api.fields import Text
from registry.api.services import current_caller, current_user, services
from registry.domain.access import Scope, Token, TokenKind

blueprint = Resource("tokens", "Tokens for programs: good for as much, and for as long, as you say.")


class NewTokenSchema(Schema):
    label = Text(1, 100, required=True, metadata={"example": "nightly predictions"})
    scopes = fields.List(
        fields.Enum(Scope, by_value=True),
        required=True,
        validate=validate.Length(1),
        metadata={
            "description": "read: look; predict: call models; write: upload, share, change; "
            "admin: tokens and password, and for administrators the users of the lake. None includes another.",
            "example": ["read", "predict"],
        },
    )
    days = fields.Integer(
        load_default=90,
        allow_none=True,
        validate=validate.Range(1, 3650),
        metadata={"description": "How long it is good; null: until it is revoked."},
    )


class TokenSchema(Schema):
    id = fields.String(metadata={"description": "The first hex digits of the SHA-256 of the token."})
    label = fields.String()
    kind = fields.Enum(TokenKind, by_value=True)
    scopes = fields.List(fields.Enum(Scope, by_value=True))
    created_at = fields.DateTime()
    expires_at = fields.DateTime(allow_none=True)
    last_used_at = fields.DateTime(allow_none=True, metadata={"description": "To within ten minutes."})


class CreatedTokenSchema(TokenSchema):
    token = fields.String(metadata={"description": "Shown once, here."})


class TokensSchema(Schema):
    tokens = fields.List(fields.Nested(TokenSchema))


@blueprint.route("/users/me/tokens")
class Tokens(MethodView):
    @blueprint.response(HTTPStatus.OK, TokensSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN))
    def get(self) -> dict[str, list[Token]]:
        """Your tokens, newest first"""
        return {"tokens": services().accounts.tokens(current_user())}

    @blueprint.arguments(NewTokenSchema)
    @blueprint.response(HTTPStatus.CREATED, CreatedTokenSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a token"""
        lifetime = None if body["days"] is None else timedelta(days=body["days"])
        secret, token = services().accounts.create_token(current_caller(), body["label"], body["scopes"], lifetime)
        return {**asdict(token), "token": secret}


@blueprint.route("/users/me/tokens/<token_id>")
class OneToken(MethodView):
    @blueprint.response(HTTPStatus.NO_CONTENT)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def delete(self, token_id: str) -> None:
        """Revoke a token"""
        services().accounts.revoke_token(current_user(), token_id)
