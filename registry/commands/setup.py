"""`weles-admin setup`: a lake made ready without asking anybody anything: its administrator and its interpreters."""

import sys
from pathlib import Path

import click

from builders.runtimes import install_base
from registry import first_start
from registry.commands.machine import docker_of
from registry.commands.runtimes import EchoReport
from registry.domain.wanted_runtimes import wanted_runtimes
from registry.terminal import CALLER, HOME, fail, settings_of, told


@click.command()
@HOME
@click.option("--runtime", "runtimes", multiple=True, metavar="'LANGUAGE VERSION'", help="Again for more.")
@click.option("--admin", "admin_name", help="Name of the first administrator (WELES_ADMIN_NAME, admin).")
@click.option("--password-stdin", is_flag=True, help="Read their password from standard input (WELES_ADMIN_PASSWORD).")
def setup(home: Path | None, runtimes: tuple[str, ...], admin_name: str | None, password_stdin: bool) -> None:
    """Make a lake ready, or bring it up to date; safe to repeat.

    Makes folders, database and the first administrator, whose token is written to HOME/admin-token, and the
    interpreters that are named here or in WELES_RUNTIMES. A lake that is there keeps its administrators.
    """
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    settings = settings_of(home=home, admin_name=admin_name, admin_password=password)
    try:
        wanted = [*dict.fromkeys([*settings.wanted_runtimes, *wanted_runtimes(",".join(runtimes))])]
    except ValueError as error:
        fail(str(error), CALLER)
    with told():
        is_new = first_start.set_up(settings)
        if is_new:
            click.echo(
                f"A new lake in {settings.home}; the token of {settings.admin_name!r}: {settings.admin_token_file}"
            )
        else:
            click.echo(f"The lake in {settings.home} is up to date; its administrators are as they were.")
        for language, version in wanted:
            base = install_base(docker_of(settings), language, version, EchoReport())
            click.echo(f"{base.language} {base.version}: {base.image}")
