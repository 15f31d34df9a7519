"""`weles-admin users` and `weles-admin tokens`: the operator's way in, straight to the lake's database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click

from registry.db.accounts import SqlAccounts
from registry.db.engine import connect
from registry.domain.access import Scope
from registry.domain.amounts import moment_text
from registry.services.accounts import AccountService
from registry.terminal import HOME, JSON, lake_settings, show, told

_PASSWORD = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else it is asked for."
)


@click.group()
def users() -> None:
    """The users of a lake."""


@users.command("list")
@HOME
@JSON
def list_users(home: Path | None, as_json: bool) -> None:
    """Show every user."""
    with _accounts(home) as accounts:
        found = accounts.accounts()
    document = [
        {
            "name": each.name,
            "role": each.role,
            "created_at": _iso(each.created_at),
            "disabled_at": _iso(each.disabled_at),
        }
        for each in found
    ]
    rows = [(each.name, each.role, moment_text(each.created_at), moment_text(each.disabled_at)) for each in found]
    show(as_json, document, ("USER", "ROLE", "SINCE", "DISABLED"), rows)


@users.command("create")
@HOME
@click.argument("name")
@click.option("--admin", is_flag=True, help="An administrator.")
@_PASSWORD
def create_user(home: Path | None, name: str, admin: bool, password_stdin: bool) -> None:
    """Make a user; print their token."""
    with _accounts(home) as accounts:
        _, token = accounts.create_user(name, _password(password_stdin), "admin" if admin else "member")
    click.echo(token)


@users.command("disable")
@HOME
@click.argument("name")
def disable_user(home: Path | None, name: str) -> None:
    """Make a user's password and tokens good for nothing."""
    with _accounts(home) as accounts:
        accounts.change_account(None, name, disabled=True)


@users.command("enable")
@HOME
@click.argument("name")
def enable_user(home: Path | None, name: str) -> None:
    """Undo what `disable` did."""
    with _accounts(home) as accounts:
        accounts.change_account(None, name, disabled=False)


@users.command("reset-password")
@HOME
@click.argument("name")
@_PASSWORD
def reset_password(home: Path | None, name: str, password_stdin: bool) -> None:
    """Give a user a new password; their logins end."""
    with _accounts(home) as accounts:
        accounts.change_account(None, name, password=_password(password_stdin))


@click.group()
def tokens() -> None:
    """The tokens of a user."""


@tokens.command("list")
@HOME
@JSON
@click.argument("name")
def list_tokens(home: Path | None, as_json: bool, name: str) -> None:
    """Show the tokens of the user NAME; their secrets are known to nobody."""
    with _accounts(home) as accounts:
        found = accounts.tokens(accounts.user(name))
    document = [
        {
            **{"id": each.id, "label": each.label, "scopes": sorted(each.scopes)},
            **{"expires_at": _iso(each.expires_at), "last_used_at": _iso(each.last_used_at)},
        }
        for each in found
    ]
    rows = [
        (
            *(each.id, each.label, ",".join(sorted(each.scopes))),
            "revoked" if each.expires_at is None else moment_text(each.expires_at),
            "never" if each.last_used_at is None else moment_text(each.last_used_at),
        )
        for each in found
    ]
    show(as_json, document, ("TOKEN", "LABEL", "SCOPES", "UNTIL", "USED"), rows)


@tokens.command("create")
@HOME
@click.argument("name")
@click.argument("label")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([each.value for each in Scope]),
    help="Again for more; default: all.",
)
@click.option("--days", type=click.IntRange(1), help="How long it is good; default: until it is revoked.")
def create_token(home: Path | None, name: str, label: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a token for the user NAME, good for what LABEL says; print it."""
    with _accounts(home) as accounts:
        lifetime = None if days is None else timedelta(days=days)
        secret, _ = accounts.token_for(accounts.user(name), label, [Scope(each) for each in scopes or Scope], lifetime)
    click.echo(secret)


@tokens.command("revoke")
@HOME
@click.argument("name")
@click.argument("token_id")
def revoke_token(home: Path | None, name: str, token_id: str) -> None:
    """End the token TOKEN_ID of the user NAME."""
    with _accounts(home) as accounts:
        accounts.revoke_token(accounts.user(name), token_id)


@contextmanager
def _accounts(home: Path | None) -> Iterator[AccountService]:
    engine = connect(lake_settings(home).database)
    try:
        with told():
            yield AccountService(SqlAccounts(engine))
    finally:
        engine.dispose()


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
