"""`weles-admin users` and `tokens` on a lake's database, as an operator calls them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from registry import first_start
from registry.cli import admin_commands
from registry.db.accounts import SqlAccounts
from registry.db.engine import connect
from registry.domain.access import EVERY_SCOPE, Scope
from registry.domain.errors.access import Unauthenticated
from registry.services.accounts import AccountService
from registry.settings import Settings


class Operator:
    def __init__(self, home: Path) -> None:
        self.settings = Settings.from_environ({}, home=home)
        first_start.set_up(self.settings)
        self.engine = connect(self.settings.database)
        self.accounts = AccountService(SqlAccounts(self.engine))

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        done = self.run(*arguments, stdin=stdin)
        assert done.exit_code == 0, done.output
        return done.output

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(admin_commands, [*arguments, "--home", str(self.settings.home)], input=stdin)


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    made = Operator(tmp_path / "lake")
    yield made
    made.engine.dispose()


def test_users(operator: Operator) -> None:
    token = operator("users", "create", "ann", "--password-stdin", stdin="correct horse\n").strip()
    assert operator.accounts.authenticate(token).user.role == "member"
    operator("users", "create", "eve", "--admin", stdin="correct horse\ncorrect horse\n")
    assert [line.split()[:2] for line in operator("users", "list").splitlines()] == [
        ["USER", "ROLE"],
        ["admin", "admin"],
        ["ann", "member"],
        ["eve", "admin"],
    ]
    operator("users", "disable", "ann")
    found = {each["name"]: each["disabled_at"] for each in json.loads(operator("users", "list", "--json"))}
    assert [name for name, disabled in found.items() if disabled] == ["ann"]
    with pytest.raises(Unauthenticated):
        operator.accounts.authenticate(token)
    operator("users", "enable", "ann")
    login = operator.accounts.log_in("ann", "correct horse")
    operator("users", "reset-password", "ann", "--password-stdin", stdin="battery staple\n")
    with pytest.raises(Unauthenticated):
        operator.accounts.authenticate(login)
    operator.accounts.log_in("ann", "battery staple")


def test_an_operator_gets_in_again_when_every_token_is_lost(operator: Operator) -> None:
    token = operator("tokens", "create", "admin", "for the operator").strip()
    assert operator.accounts.authenticate(token).scopes == EVERY_SCOPE


def test_tokens(operator: Operator) -> None:
    reads = operator("tokens", "create", "admin", "looks", "--scope", "read", "--days", "3").strip()
    assert operator.accounts.authenticate(reads).scopes == {Scope.READ}
    _, looks, first = operator("tokens", "list", "admin").splitlines()
    assert ("looks" in looks, " 20" in looks, "revoked" in first) == (True, True, True)
    assert reads not in looks
    operator("tokens", "revoke", "admin", looks.split()[0])
    with pytest.raises(Unauthenticated):
        operator.accounts.authenticate(reads)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("users", "disable", "nobody"), "no user 'nobody'"),
        (("tokens", "revoke", "admin", "0" * 12), "no token"),
        (("users", "create", "../x", "--password-stdin"), "name: 1 to 64 letters"),
    ],
)
def test_what_cannot_be_done_is_told_without_a_traceback(
    operator: Operator, arguments: tuple[str, ...], told: str
) -> None:
    done = operator.run(*arguments, stdin="correct horse\n")
    assert (done.exit_code, told in done.output) == (2, True), done.output


def test_no_lake_is_made_by_looking_for_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(admin_commands, ["users", "list", "--home", str(tmp_path / "typo")])
    assert (done.exit_code, "There is no lake" in done.output) == (2, True)
    assert not (tmp_path / "typo").exists()
