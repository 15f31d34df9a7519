"""What the commands about users, tokens and sharing do with their parsed options."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from weles import config, dataset, model, token, user
from weles.errors import CallerError
from weles.output import show
from weles.progress import say
from weles.sharing import Access

__all__ = [
    "login",
    "share",
    "token_create",
    "token_list",
    "token_revoke",
    "user_create",
    "user_delete",
    "user_disable",
    "user_enable",
    "user_list",
    "user_me",
    "user_password",
]


def login(options: Namespace) -> None:
    """Get a token and keep it."""
    url = options.url or config.choose(None, None).url
    connection = user.login(options.name, next(_passwords(options, "Password: ")), url=url)
    say(f"Logged in to {connection.url} as {options.name}; the token is kept in {config.path()}.")


def user_create(options: Namespace) -> None:
    """Make a user; print name, role and token."""
    role = "admin" if options.admin else "member"
    made = user.create(options.name, next(_passwords(options, "Password: ")), role=role)
    show({"name": made.name, "role": made.role, "token": made.token})


def user_me(_: Namespace) -> None:
    """Print who the lake takes one for."""
    show(_plain(user.me()))


def user_list(_: Namespace) -> None:
    """Print every user."""
    show([_plain(each) for each in user.list()])


def user_disable(options: Namespace) -> None:
    """Disable a user."""
    show(_plain(user.disable(options.name)))


def user_enable(options: Namespace) -> None:
    """Enable a user again."""
    show(_plain(user.enable(options.name)))


def user_delete(options: Namespace) -> None:
    """Delete a user."""
    user.delete(options.name)
    say(f"The user {options.name} is deleted.")


def user_password(options: Namespace) -> None:
    """Change one's password."""
    passwords = _passwords(options, "Old password: ", "New password: ")
    user.change_password(next(passwords), next(passwords))
    say("The password is changed; your other logins have ended.")


def token_create(options: Namespace) -> None:
    """Make a token; print it, with its secret."""
    scopes = [scope.strip() for scope in options.scopes.split(",") if scope.strip()]
    show(asdict(token.create(options.label, scopes, days=options.days or None)))


def token_list(_: Namespace) -> None:
    """Print one's tokens."""
    show([_plain(each) for each in token.list()])


def token_revoke(options: Namespace) -> None:
    """End a token."""
    token.revoke(options.id)
    say(f"The token {options.id} is revoked.")


def share(options: Namespace) -> None:
    """Share a model or a dataset, take it back, or print whom it is for."""
    noun: Any = dataset if options.dataset else model
    if options.take_back:
        now = noun.unshare(options.name, options.users)
    elif options.users or options.public:
        now = noun.share(options.name, options.users, public=options.public)
    else:
        now = noun.access(options.name)
    show(asdict(now) if isinstance(now, Access) else {alias: asdict(each) for alias, each in now.items()})


def _plain(made: user.User | token.Token) -> dict[str, Any]:
    return {key: value for key, value in asdict(made).items() if key != "token"}


def _passwords(options: Namespace, *prompts: str) -> Iterator[str]:
    for prompt in prompts:
        password = sys.stdin.readline().rstrip("\r\n") if options.password_stdin else getpass.getpass(prompt)
        if not password:
            raise CallerError("The password is empty.", next="Type it, or give it with --password-stdin.")
        yield password
