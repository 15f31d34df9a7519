"""`weles-admin blobs`: stored bytes that nothing needs."""

import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from registry import home as homes
from registry.blobs.stores import open_blobs
from registry.commands.machine import database, docker_of
from registry.db.deletion import SqlDeletions
from registry.domain.amounts import size_text
from registry.runners.containers import Containers
from registry.runners.run_folder import RunFolder
from registry.services.freeing import YOUNG, Freeing
from registry.terminal import HOME, JSON, NOT_ALL, SPAN, lake_settings, show


@click.group()
def blobs() -> None:
    """Stored bytes: model files, datasets, requirements."""


@blobs.command("gc")
@HOME
@JSON
@click.option("--dry-run", is_flag=True, help="Count what would be freed; free nothing.")
@click.option("--older-than", "age", type=SPAN, default=None, help="Put longer ago than this; default: 1h.")
def collect(home: Path | None, as_json: bool, dry_run: bool, age: timedelta | None) -> None:
    """Free what nothing refers to, what broken uploads left, and run folders without a container.

    Safe beside running uploads: what was put within the last hour stays. The worker does the same every hour.
    """
    settings = lake_settings(home)
    containers = Containers(docker_of(settings), homes.prepare(settings), settings.run_folder)
    with database(settings) as engine, homes.may_free(settings) as may:
        if not may:
            click.echo("A backup is being made: nothing is freed while it copies. Try again afterwards.", err=True)
            sys.exit(NOT_ALL)
        freeing = Freeing(SqlDeletions(engine), open_blobs(settings), age or YOUNG)
        freed = freeing.free(really=not dry_run)
        folders = containers.left_folders()
        if not dry_run:
            for each in folders:
                RunFolder(each).remove()
    document = {**asdict(freed), "run_folders": len(folders), "dry_run": dry_run}
    rows = [
        ("contents that nothing refers to", str(freed.contents), size_text(freed.bytes)),
        ("left by broken uploads", "-", size_text(freed.half_written)),
        ("run folders without a container", str(len(folders)), "-"),
    ]
    show(as_json, document, ("WOULD BE FREED" if dry_run else "FREED", "NUMBER", "SIZE"), rows)
