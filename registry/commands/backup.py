"""`weles-admin backup` and `restore`: a lake in a folder, while it runs, and a lake out of such a folder."""

import sys
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from builders.base_archives import BaseArchives
from builders.errors import BuilderError
from registry import __version__
from registry import home as homes
from registry.blobs.stores import open_blobs
from registry.commands.machine import database, docker_of
from registry.db import snapshot
from registry.domain.amounts import size_text
from registry.services.backup import Backup, BadBackup, Manifest
from registry.terminal import CALLER, HOME, JSON, LAKE, NOT_ALL, fail, lake_settings, settings_of, show, told

_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.command()
@HOME
@JSON
@_FOLDER
@click.option("--bases/--no-bases", default=True, help="With the base images (default): for another machine.")
def backup(home: Path | None, as_json: bool, folder: Path, bases: bool) -> None:
    """Copy the lake into FOLDER, while it runs: database, stored bytes, packages, base images.

    In a folder with a backup only what is new is copied. Nobody but its owner can read the folder.
    """
    settings = lake_settings(home)
    target = Backup(folder)
    try:
        # From the moment that the database is copied, all that it names must stay until it is copied, too.
        with database(settings) as engine, homes.nothing_is_freed(settings):
            part = target.prepare()
            snapshot.take(engine, part)
            needed = snapshot.used_bases(part) if bases else {}
            lost = _save_bases(target, needed)
            manifest = target.write(
                lake=homes.prepare(settings),
                weles=__version__,
                blobs=open_blobs(settings),
                needed=snapshot.referenced(part),
                packages=settings.packages_folder,
                bases={each: name for each, name in needed.items() if each not in lost},
            )
    except BadBackup as error:
        fail(str(error), CALLER)
    except (OSError, SQLAlchemyError) as error:
        fail(f"The backup was not made: {error}")
    missing = [*manifest.missing, *(f"base image {name}: the engine does not have it" for name in lost.values())]
    _tell(as_json, manifest, missing)
    if missing:
        sys.exit(NOT_ALL)


@click.command()
@HOME
@JSON
@_FOLDER
@click.option("--keep-id", is_flag=True, help="The old lake is gone: take over its images. Never while it runs.")
@click.option("--check", is_flag=True, help="Only look whether every file of the backup is as it was.")
def restore(home: Path | None, as_json: bool, folder: Path, keep_id: bool, check: bool) -> None:
    """Make a lake of the backup in FOLDER, in a home (or WELES_DATABASE_URL) where none is.

    It gets an id of its own, unless --keep-id is given. Tokens and passwords are those of the backup. The images of
    environments are not in a backup: they are made again, from the packages in it, when models are called.
    """
    source = Backup(folder)
    try:
        manifest = source.read()
        if check:
            _tell(as_json, manifest, wrong := source.check(manifest))
            sys.exit(LAKE if wrong else 0)
        settings = settings_of(home=home)
        if not settings.database_url and settings.sqlite_file.exists():
            fail(f"There is a lake in {settings.home} already: name another --home.", CALLER)
        settings.home.mkdir(parents=True, exist_ok=True)
        if keep_id:
            homes.take_id(settings, manifest.lake)
        homes.prepare(settings)
        with told():
            source.put_back(manifest, open_blobs(settings), settings.packages_folder)
        missing = [*manifest.missing, *_load_bases(source, manifest)]
        # Last: before it is there, nobody takes this for a lake.
        with database(settings) as engine:
            snapshot.put(source.database(manifest), engine)
    except BadBackup as error:
        fail(str(error), CALLER)
    except snapshot.NotEmpty as error:
        fail(f"There is a lake in {error} already.", CALLER)
    except (OSError, SQLAlchemyError) as error:
        fail(f"The lake was not restored: {error}")
    _tell(as_json, manifest, missing)
    if not as_json:
        click.echo("Tokens are as they were; a new one: weles-admin tokens create admin LABEL")
    if missing:
        sys.exit(NOT_ALL)


def _save_bases(target: Backup, needed: dict[str, str]) -> dict[str, str]:
    """Those that the engine does not have."""
    if not needed:
        return {}
    archives = BaseArchives(docker_of(settings_of()), target.bases)
    return {each: name for each, name in needed.items() if not archives.save(each)}


def _load_bases(source: Backup, manifest: Manifest) -> list[str]:
    """What is in the way of building environments again."""
    if not manifest.bases:
        return []
    archives = BaseArchives(docker_of(settings_of()), source.bases)
    try:
        found = [archives.load(each, name) for each, name in manifest.bases.items()]
    except BuilderError as error:
        return [f"base images: {error}"]
    return [f"base image: {each}" for each in found if each]


def _tell(as_json: bool, manifest: Manifest, missing: list[str]) -> None:
    document = {
        **{key: value for key, value in asdict(manifest).items() if key not in ("blobs", "packages", "missing")},
        **{"blobs": len(manifest.blobs), "blob_bytes": manifest.bytes, "packages": len(manifest.packages)},
        "missing": missing,
    }
    rows = [
        ("lake", manifest.lake),
        ("made", manifest.made_at),
        ("stored contents", f"{len(manifest.blobs)}, {size_text(manifest.bytes)}"),
        ("package files", str(len(manifest.packages))),
        ("base images", ", ".join(manifest.bases.values()) or "-"),
    ]
    show(as_json, document, ("BACKUP", ""), rows)
    for each in missing:
        click.echo(f"missing: {each}", err=True)
