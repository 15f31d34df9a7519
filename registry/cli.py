"""The commands: `weles-registry` (serve, web, worker, upgrade …: run a lake), `weles-admin` (look after it)."""

import logging
import os
import sys
from pathlib import Path

import click

from registry import __version__, first_start
from registry.commands.accounts import tokens, users
from registry.commands.backup import backup, restore
from registry.commands.blobs import blobs as stored_bytes
from registry.commands.completion import completion_of
from registry.commands.containers import containers
from registry.commands.doctor import doctor
from registry.commands.images import images
from registry.commands.jobs import jobs
from registry.commands.runtimes import runtimes
from registry.commands.setup import setup
from registry.settings import describe
from registry.terminal import HOME, LAKE, fail, settings_of


def registry_main() -> None:
    """Entry point of `weles-registry`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    registry_commands(prog_name="weles-registry")


def admin_main() -> None:
    """Entry point of `weles-admin`."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    admin_commands(prog_name="weles-admin")


@click.group(epilog="Settings come from WELES_* variables: `weles-registry settings` lists them.")
@click.version_option(__version__)
def registry_commands() -> None:
    """Run a lake."""


@registry_commands.command()
@HOME
@click.option("--host", help="Address to listen on (WELES_HOST, 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (WELES_PORT, 8080).")
def serve(home: Path | None, host: str | None, port: int | None) -> None:
    """Web and worker together, with SQLite, the file system and the local Docker Engine."""
    from registry import serve as serving

    try:
        serving.serve(settings_of(home=home, host=host, port=port), click.echo)
    except serving.CannotServe as error:
        fail(str(error))


@registry_commands.command()
@HOME
@click.option("--host", help="Address to listen on (WELES_HOST, 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (WELES_PORT, 8080).")
def web(home: Path | None, host: str | None, port: int | None) -> None:
    """The web process alone, of a lake that `upgrade` has set up. A worker of the same home answers its questions."""
    from registry.serve import web_command

    chosen = settings_of(home=home, host=host, port=port)
    chosen.run_folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(chosen.to_environ())
    command = web_command(chosen)
    os.execv(command[0], command)  # noqa: S606 (no shell is wanted)


@registry_commands.command()
@HOME
@click.argument("process", type=click.Choice(["web", "worker"]))
def healthy(home: Path | None, process: str) -> None:
    """Does the web process of this machine, or the worker of this home, answer? Exit code 0 if it does."""
    from registry import health

    if not {"web": health.web, "worker": health.worker}[process](settings_of(home=home)):
        fail(f"The {process} does not answer.")


@registry_commands.command()
@HOME
def worker(home: Path | None) -> None:
    """The worker alone: durable jobs and the lease desk."""
    from registry.domain.errors.lake import BuilderUnavailable
    from registry.home import HomeTaken
    from registry.worker import Worker

    try:
        Worker(settings_of(home=home)).run()
    except BuilderUnavailable as error:
        click.echo(f"{error.detail}\nStart the Docker Engine, or name another one with DOCKER_HOST.", err=True)
    except HomeTaken as error:
        click.echo(str(error), err=True)
    except BaseException:
        logging.exception("the worker ends")
    finally:
        # The threads of the jobs would keep a worker alive that looks after nothing.
        sys.stderr.flush()
        os._exit(LAKE)


@registry_commands.command()
@HOME
def blobs(home: Path | None) -> None:
    """Give pods their models, by addresses that the lake has signed."""
    from registry import blob_server

    blob_server.serve(settings_of(home=home))


@registry_commands.command()
@HOME
def upgrade(home: Path | None) -> None:
    """Bring a lake's folders and database up to date, without starting it."""
    settings = settings_of(home=home)
    if first_start.set_up(settings):
        click.echo(f"The token of the administrator {settings.admin_name!r} is in {settings.admin_token_file}")


@registry_commands.command()
def settings() -> None:
    """List every setting: variable, default, meaning."""
    for variable, default, meaning in describe():
        click.echo(f"{variable:26} {default or '-':14} {meaning}")


@click.group(
    epilog="Exit codes: 0 done; 1 the lake's trouble; 2 wrong usage, or no such thing; 3 done as far as possible, "
    "which is not all. The lake is that of --home or WELES_HOME, with its other settings from WELES_* variables."
)
@click.version_option(__version__)
def admin_commands() -> None:
    """Look after a lake and its machine."""


for each in (users, tokens, runtimes, images, containers, jobs, stored_bytes, backup, restore, doctor, setup):
    admin_commands.add_command(each)


registry_commands.add_command(completion_of(registry_commands, "weles-registry"))
admin_commands.add_command(completion_of(admin_commands, "weles-admin"))
