"""Users and tokens: POST /users, POST /tokens, GET /users/me."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.blueprint import Resource, problems
from registry.api.fields import Text
from registry.api.services import current_user, services
from registry.services.accounts import ROLES

blueprint = Resource("users", "Who may speak to the lake.")


class NewUserSchema(Schema):
    name = Text(required=True, metadata={"example": "ann"})
    password = Text(required=True, load_only=True)
    role = fields.String(load_default="member", validate=validate.OneOf(ROLES))


class UserSchema(Schema):
    name = fields.String()
    role = fields.String()


class CreatedUserSchema(UserSchema):
    token = fields.String(metadata={"description": "Shown once, here."})


class LoginSchema(Schema):
    name = Text(required=True)
    password = Text(required=True, load_only=True)


class TokenSchema(Schema):
    token = fields.String()


@blueprint.route("/users")
class Users(MethodView):
    @blueprint.arguments(NewUserSchema)
    @blueprint.response(HTTPStatus.CREATED, CreatedUserSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a user (administrators)"""
        user, token = services().accounts.create_user(**body)
        return {"name": user.name, "role": user.role, "token": token}


@blueprint.route("/users/me")
class Me(MethodView):
    @blueprint.response(HTTPStatus.OK, UserSchema)
    @blueprint.doc(**problems())
    def get(self) -> Any:
        """Who am I?"""
        return current_user()


@blueprint.route("/tokens")
class Tokens(MethodView):
    @blueprint.arguments(LoginSchema)
    @blueprint.response(HTTPStatus.CREATED, TokenSchema)
    @blueprint.doc(security=[], **problems(HTTPStatus.BAD_REQUEST))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Log in: a token for a name and password"""
        return {"token": services().accounts.log_in(body["name"], body["password"])}
