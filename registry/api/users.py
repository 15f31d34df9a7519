"""Users: /users (administrators), /users/me, and POST /tokens, the login."""

from http import HTTPStatus
from typing import Any

from flask import request
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.blueprint import Resource, problems
from registry.api.fields import Text
from registry.api.services import current_caller, current_user, services
from registry.domain.entities import Account
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


class AccountSchema(UserSchema):
    created_at = fields.DateTime()
    disabled_at = fields.DateTime(allow_none=True)


class AccountsSchema(Schema):
    users = fields.List(fields.Nested(AccountSchema))


class AccountChangeSchema(Schema):
    role = fields.String(validate=validate.OneOf(ROLES))
    disabled = fields.Boolean(metadata={"description": "A disabled user's password and tokens are good for nothing."})
    password = Text(load_only=True, metadata={"description": "A new one; every login of the user ends."})


class PasswordSchema(Schema):
    old = Text(required=True, load_only=True)
    new = Text(required=True, load_only=True)


class LoginSchema(Schema):
    name = Text(required=True)
    password = Text(required=True, load_only=True)


class LoggedInSchema(Schema):
    token = fields.String(metadata={"description": "Good for everything, for 30 days. Shown once, here."})


@blueprint.route("/users")
class Users(MethodView):
    @blueprint.arguments(NewUserSchema)
    @blueprint.response(HTTPStatus.CREATED, CreatedUserSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a user (administrators)"""
        user, token = services().accounts.create_user(**body)
        return {"name": user.name, "role": user.role, "token": token}

    @blueprint.response(HTTPStatus.OK, AccountsSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN))
    def get(self) -> dict[str, list[Account]]:
        """Every user (administrators)"""
        return {"users": services().accounts.accounts()}


@blueprint.route("/users/<user_name>")
class OneUser(MethodView):
    @blueprint.response(HTTPStatus.OK, AccountSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def get(self, user_name: str) -> Account:
        """A user (administrators)"""
        return services().accounts.account(user_name)

    @blueprint.arguments(AccountChangeSchema)
    @blueprint.response(HTTPStatus.OK, AccountSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def patch(self, body: dict[str, Any], user_name: str) -> Account:
        """Disable or enable a user, or give them another role or a new password (administrators)"""
        return services().accounts.change_account(current_user(), user_name, **body)

    @blueprint.response(HTTPStatus.NO_CONTENT)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
    def delete(self, user_name: str) -> None:
        """Delete a user to whom nothing in the lake belongs (administrators)"""
        services().accounts.delete_user(current_user(), user_name)


@blueprint.route("/users/me")
class Me(MethodView):
    @blueprint.response(HTTPStatus.OK, UserSchema)
    @blueprint.doc(**problems())
    def get(self) -> Any:
        """Who am I?"""
        return current_user()


@blueprint.route("/users/me/password")
class Password(MethodView):
    @blueprint.arguments(PasswordSchema)
    @blueprint.response(HTTPStatus.NO_CONTENT)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS))
    def put(self, body: dict[str, str]) -> None:
        """Change your password; your other logins end, your personal tokens stay"""
        caller = current_caller()
        with services().login_limit.attempt(_address(), caller.user.name):
            services().accounts.change_password(caller, body["old"], body["new"])


@blueprint.route("/tokens")
class Login(MethodView):
    @blueprint.arguments(LoginSchema)
    @blueprint.response(HTTPStatus.CREATED, LoggedInSchema)
    @blueprint.doc(security=[], **problems(HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Log in: a token for a name and password"""
        with services().login_limit.attempt(_address(), body["name"]):
            return {"token": services().accounts.log_in(body["name"], body["password"])}


def _address() -> str:
    return request.remote_addr or ""
