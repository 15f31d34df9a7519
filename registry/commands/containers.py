"""`weles-admin containers`: which run, and ending them."""

from pathlib import Path

import click

from registry import home as homes
from registry.commands.machine import database, docker_of
from registry.db.models import SqlModels
from registry.domain.amounts import moment_text, span_text
from registry.domain.entities import Json
from registry.domain.errors.state import NotFound
from registry.runners.containers import Container, Containers
from registry.runners.desk_client import desk_client
from registry.settings import Settings
from registry.terminal import CALLER, HOME, JSON, fail, lake_settings, show

_DESK_SECONDS = 60.0


@click.group()
def containers() -> None:
    """The containers of a lake."""


@containers.command("list")
@HOME
@JSON
def list_containers(home: Path | None, as_json: bool) -> None:
    """Show every container: what it answers for, or what it does, and for how long nobody has asked it."""
    settings = lake_settings(home)
    with database(settings) as engine:
        models = SqlModels(engine)
        found = [(each, _model(models, each)) for each in _containers(settings).all()]
    document = [_document(each, model) for each, model in found]
    rows = [
        (
            *(each.name, each.role, model or "-", each.state, moment_text(each.created_at)),
            "-" if each.idle_seconds is None else span_text(min(each.idle_seconds, 1e9)),
        )
        for each, model in found
    ]
    show(as_json, document, ("CONTAINER", "ROLE", "MODEL", "STATE", "STARTED", "IDLE"), rows, "There is none.")


@containers.command("stop")
@HOME
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every container that answers for a model.")
def stop(home: Path | None, names: tuple[str, ...], everything: bool) -> None:
    """End the containers NAMES (as `list` shows them), or those of models (`wine`, or a version: `wine/2`).

    Who asks such a model next gets a new one. A question that is being answered is asked again there.
    """
    if not names and not everything:
        fail("Say which: names of containers or of models, or --all.", CALLER)
    settings = lake_settings(home)
    with database(settings) as engine:
        models, there = SqlModels(engine), _containers(settings)
        found = [(each, _model(models, each) or "") for each in there.all() if each.role == "runtime"]
        wanted = [
            each
            for each, model in found
            if everything or {each.name, model, model.rpartition("/")[0]} & {*names} or each.id.startswith(names)
        ]
        if not wanted and not everything:
            fail("No container that answers for a model has such a name: see `weles-admin containers list`.", CALLER)
        for each in wanted:
            _end(settings, there, each)
            click.echo(each.name)


def _end(settings: Settings, there: Containers, container: Container) -> None:
    """By the worker where one runs, so that it does not take the end for the model's fault."""
    if settings.desk_socket.is_socket() and homes.has_worker(settings) and container.version_id and container.folder:
        desk_client(settings, _DESK_SECONDS).end(container.version_id, container.folder)
    else:
        there.remove(container)


def _containers(settings: Settings) -> Containers:
    return Containers(docker_of(settings), homes.prepare(settings), settings.run_folder)


def _model(models: SqlModels, container: Container) -> str | None:
    try:
        version = models.version_by_id(container.version_id or "")
    except NotFound:
        return None
    return f"{version.model}/{version.number}"


def _document(container: Container, model: str | None) -> Json:
    idle = container.idle_seconds
    return {
        "id": container.id,
        "name": container.name,
        "role": container.role,
        "model": model,
        "state": container.state,
        "created_at": container.created_at.isoformat(),
        "idle_seconds": None if idle is None or idle == float("inf") else round(idle, 1),
    }
