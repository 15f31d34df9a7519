"""The commands about users, tokens and sharing, and what each does with its parsed options."""

from __future__ import annotations

import argparse
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

__all__ = ["add"]


def add(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands login, user, token and share."""
    _user_commands(nouns)
    _token_commands(nouns)
    _share_command(nouns)


def _user_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    login = nouns.add_parser("login", help="get a token and keep it for later")
    login.add_argument("url", nargs="?", help="default: WELES_URL, or the lake of the last login")
    login.add_argument("--name", required=True)
    _password_option(login)
    login.set_defaults(run=_login)

    verbs = nouns.add_parser("user", help="users of the lake").add_subparsers(required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make a user; its token is printed (administrators)")
    create.add_argument("name")
    create.add_argument("--admin", action="store_true", help="an administrator")
    _password_option(create)
    create.set_defaults(run=_user_create)
    for verb, run, does in (
        ("get", _user_get, "what the lake knows of one (administrators)"),
        ("disable", _user_disable, "its password and tokens are good for nothing (administrators)"),
        ("enable", _user_enable, "what disable did, undone (administrators)"),
        ("delete", _user_delete, "one to whom nothing in the lake belongs (administrators)"),
    ):
        one = verbs.add_parser(verb, help=does)
        one.add_argument("name")
        one.set_defaults(run=run)
    verbs.add_parser("list", help="every user (administrators)").set_defaults(run=_user_list)
    verbs.add_parser("me", help="who the lake takes you for").set_defaults(run=_user_me)
    password = verbs.add_parser("password", help="change your password")
    _password_option(password, "read the old and the new one from two lines of standard input; else they are asked for")
    password.set_defaults(run=_user_password)


def _token_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verbs = nouns.add_parser("token", help="your tokens, for programs").add_subparsers(required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make a token; it is printed this once")
    create.add_argument("label", help="what it is for")
    create.add_argument("--scopes", required=True, help="of read, predict, write, admin, separated by commas")
    create.add_argument("--days", type=int, default=90, help="how long it is good; 0: until it is revoked; default: 90")
    create.set_defaults(run=_token_create)
    verbs.add_parser("list", help="your tokens, without their secrets").set_defaults(run=_token_list)
    revoke = verbs.add_parser("revoke", help="end a token")
    revoke.add_argument("id", help="see `weles token list`")
    revoke.set_defaults(run=_token_revoke)


def _share_command(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    share = nouns.add_parser("share", help="say whom a model or a dataset is for, or show it")
    share.add_argument("name", help="a model's name, or a dataset's hash")
    share.add_argument("users", nargs="*", help="who may see and use it, besides those who may already")
    share.add_argument("--dataset", action="store_true", help="it is a dataset: under every name that you gave it")
    share.add_argument("--alias", metavar="NAME", help="only under this name of the dataset")
    to = share.add_mutually_exclusive_group()
    to.add_argument("--public", action="store_true", help="every user of the lake")
    to.add_argument("--take-back", action="store_true", help="from the users that are named, or else from everyone")
    share.set_defaults(run=_share)


def _password_option(
    parser: argparse.ArgumentParser, does: str = "read it from standard input; else it is asked for"
) -> None:
    parser.add_argument("--password-stdin", action="store_true", help=does)


def _login(options: Namespace) -> None:
    url = options.url or config.choose(None, None).url
    connection = user.login(options.name, next(_passwords(options, "Password: ")), url=url)
    say(f"Logged in to {connection.url} as {options.name}; the token is kept in {config.path()}.")


def _user_create(options: Namespace) -> None:
    role = "admin" if options.admin else "member"
    made = user.create(options.name, next(_passwords(options, "Password: ")), role=role)
    show({"name": made.name, "role": made.role, "token": made.token})


def _user_me(_: Namespace) -> None:
    show(_plain(user.me()))


def _user_list(_: Namespace) -> None:
    show([_plain(each) for each in user.list()])


def _user_get(options: Namespace) -> None:
    show(_plain(user.get(options.name)))


def _user_disable(options: Namespace) -> None:
    show(_plain(user.disable(options.name)))


def _user_enable(options: Namespace) -> None:
    show(_plain(user.enable(options.name)))


def _user_delete(options: Namespace) -> None:
    user.delete(options.name)
    say(f"The user {options.name} is deleted.")


def _user_password(options: Namespace) -> None:
    passwords = _passwords(options, "Old password: ", "New password: ")
    user.change_password(next(passwords), next(passwords))
    say("The password is changed; your other logins have ended.")


def _token_create(options: Namespace) -> None:
    scopes = [scope.strip() for scope in options.scopes.split(",") if scope.strip()]
    show(asdict(token.create(options.label, scopes, days=options.days or None)))


def _token_list(_: Namespace) -> None:
    show([_plain(each) for each in token.list()])


def _token_revoke(options: Namespace) -> None:
    token.revoke(options.id)
    say(f"The token {options.id} is revoked.")


def _share(options: Namespace) -> None:
    noun: Any = dataset if options.dataset else model
    which = {"alias": options.alias} if options.dataset else {}
    if options.take_back:
        now = noun.unshare(options.name, options.users, **which)
    elif options.users or options.public:
        now = noun.share(options.name, options.users, public=options.public, **which)
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
