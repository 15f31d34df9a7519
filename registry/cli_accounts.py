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
from registry.domain.errors import WelesError
from registry.services.accounts import AccountService
from registry.settings import Settings
from registry.terminal import CALLER, HOME, fail, settings_of

_PASSWORD = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else it is asked for."
)


@click.group()
def users() -> None:
    """The users of a lake."""


@users.command("list")
@HOME
def list_users(home: Path | None) -> None:
    """Show every user."""
    with _accounts(home) as accounts:
        for each in accounts.accounts():
            state = "" if each.disabled_at is None else f"disabled {_time(each.disabled_at)}"
            click.echo(f"{each.name:24} {each.role:8} {_time(each.created_at)} {state}".rstrip())


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
@click.argument("name")
def list_tokens(home: Path | None, name: str) -> None:
    """Show the tokens of the user NAME; their secrets are known to nobody."""
    with _accounts(home) as accounts:
        for each in accounts.tokens(accounts.user(name)):
            until = "until revoked" if each.expires_at is None else f"until {_time(each.expires_at)}"
            used = "never used" if each.last_used_at is None else f"used {_time(each.last_used_at)}"
            click.echo(f"{each.id} {each.label:24} {','.join(each.scopes):24} {until}, {used}")


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
    settings = settings_of(home=home)
    _require_lake(settings)
    engine = connect(settings.database)
    try:
        yield AccountService(SqlAccounts(engine))
    except WelesError as error:
        reasons = "".join(f"\n  {each['field']}: {each['reason']}" for each in error.fields.get("problems", ()))
        fail(f"{error.detail}{reasons}\n{error.next}", CALLER)
    finally:
        engine.dispose()


def _require_lake(settings: Settings) -> None:
    # Else SQLite would make an empty one.
    if not settings.database_url and not settings.sqlite_file.exists():
        fail(f"There is no lake in {settings.home}. Name its folder with --home or WELES_HOME.", CALLER)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
