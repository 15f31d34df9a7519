"""`weles-admin doctor`: is everything there that a lake needs, and is it as it should be?"""

import sys
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path

import click

from registry import checks
from registry.db.engine import connect
from registry.domain.errors.lake import BuilderUnavailable
from registry.runners.engine import docker_client
from registry.terminal import HOME, JSON, LAKE, settings_of, show

_HEADINGS = ("CHECK", "", "FOUND")
_SIGNS = {"ok": "ok", "note": "note", "bad": "BAD"}


@click.command()
@HOME
@JSON
@click.option("--sample", type=click.IntRange(0), default=50, show_default=True, help="So many files are read whole.")
def doctor(home: Path | None, as_json: bool, sample: int) -> None:
    """Is everything there that a lake needs on this machine, and is its lake as it should be?

    Looks at the engine, the disks, the interpreters, the database's revision, the processes, a sample of the stored
    contents and packages, and the settings. Ends with 1 when something is bad.
    """
    settings = settings_of(home=home)
    client, unreachable = None, ""
    try:
        client = docker_client(settings)
        client.ping()
    except Exception as error:
        client, unreachable = None, error.detail if isinstance(error, BuilderUnavailable) else str(error)
    with closing(client) if client is not None else nullcontext():
        found = [*checks.of_machine(settings, client, unreachable)]
    if settings.database_url or settings.sqlite_file.exists():
        engine = connect(settings.database)
        found += checks.of_lake(settings, engine, sample)
        engine.dispose()
    else:
        found.append(checks.Check("lake", "note", f"there is none in {settings.home}", "Name its folder with --home."))
    found += checks.of_settings(settings)
    rows = [(each.what, _SIGNS[each.verdict], each.found) for each in found]
    show(as_json, {"ok": checks.worst(found) != "bad", "checks": [asdict(each) for each in found]}, _HEADINGS, rows)
    if not as_json:
        for each in found:
            if each.next and each.verdict != "ok":
                click.echo(f"{each.what}: {each.next}", err=True)
    if checks.worst(found) == "bad":
        sys.exit(LAKE)
