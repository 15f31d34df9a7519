"""`weles-admin images`: which there are, which to give up, and giving them up."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from registry.commands.machine import database, pruning
from registry.db.upkeep import SqlUpkeep
from registry.domain.amounts import moment_text, size_text, span_text
from registry.domain.entities import Json
from registry.domain.upkeep import Criteria, pruning_document
from registry.services.pruning import Kept, PruningPlan, models_of
from registry.terminal import CALLER, HOME, JSON, NOT_ALL, SIZE, SPAN, fail, lake_settings, show

_F = TypeVar("_F", bound=Callable[..., Any])
_HEADINGS = ("ENVIRONMENT", "LANGUAGE", "SIZE", "FREES", "BUILT", "LAST USE", "USES", "REBUILD", "MODELS", "KEPT")


@click.group()
def images() -> None:
    """The images of environments."""


@images.command("list")
@HOME
@JSON
def list_images(home: Path | None, as_json: bool) -> None:
    """Show every image: what removing it alone would free, when it was used, how long it takes to be back."""
    with pruning(lake_settings(home)) as (service, _):
        shelf = service.shelf()
    found = sorted(shelf.images, key=lambda each: each.cost)
    show(
        as_json,
        {"bytes": shelf.bytes, "images": [_document(each) for each in found]},
        _HEADINGS,
        [(*_row(each), each.why_kept) for each in found],
        "There is none.",
    )
    if not as_json and found:
        click.echo(f"{len(found)} images hold {size_text(shelf.bytes)}, shared layers counted once.")


def _criteria(command: _F) -> _F:
    for option in reversed(
        (
            click.option("--keep", "keep_bytes", type=SIZE, help="Until all images together hold no more than SIZE."),
            click.option("--free", "free_bytes", type=SIZE, help="Until SIZE is freed."),
            click.option("--older-than", "built_before", type=SPAN, help="Only images built longer ago than SPAN."),
            click.option("--unused-for", "idle_for", type=SPAN, help="Only images not used for SPAN."),
            click.option("--unused", is_flag=True, help="Only images that no version needs (deleted ones do not)."),
            click.option("--failed", is_flag=True, help="Only images that no working version needs."),
            click.option("--all", "everything", is_flag=True, help="All that are not in use or pinned."),
        )
    ):
        command = option(command)
    return command


@images.command("plan")
@HOME
@JSON
@_criteria
def plan_images(home: Path | None, as_json: bool, everything: bool, **given: Any) -> None:
    """What `prune` would remove, which models that is about, and what their next call costs. Removes nothing."""
    criteria = _chosen(everything, given)
    with pruning(lake_settings(home)) as (service, _):
        plan = service.plan(criteria)
    _show_plan(as_json, plan)


@images.command("prune")
@HOME
@JSON
@_criteria
@click.option("--dry-run", is_flag=True, help="As `plan`: remove nothing.")
def prune_images(home: Path | None, as_json: bool, everything: bool, dry_run: bool, **given: Any) -> None:
    """Remove images, cheapest first: rebuild seconds × chance of use within a week ÷ bytes really freed.

    Never one that is in use, pinned, or needed by a job. Sizes are such as 20GB or 1.5TiB, spans such as 12h or 30d.
    With several criteria an image must meet all of them. What is removed is made again, from the package store and
    without network, when a model that needs it is called next.
    """
    criteria = _chosen(everything, given)
    with pruning(lake_settings(home)) as (service, _):
        plan = service.plan(criteria)
        if dry_run:
            _show_plan(as_json, plan)
            return
        done = service.prune(plan, f"by hand: {_words(everything, given)}")
    document = {
        "removed": [_document(each) for each in done.removed],
        "refused": [each.image.environment or each.image.name for each in done.refused],
        "freed_bytes": done.freed_bytes,
        "reached": plan.reached and not done.refused,
    }
    show(as_json, document, _HEADINGS[:-1], [_row(each) for each in done.removed])
    if not as_json:
        click.echo(f"Removed {len(done.removed)} images; {size_text(done.freed_bytes)} are free again.")
        for each in done.refused:
            click.echo(f"{_short(each)} has been taken into use meanwhile: it stays.", err=True)
    _not_all(document["reached"] is True, as_json)


@images.command("history")
@HOME
@JSON
@click.option("--newest", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many.")
def history(home: Path | None, as_json: bool, newest: int) -> None:
    """What was pruned, by hand or at a watermark of the disk."""
    with database(lake_settings(home)) as engine:
        found = SqlUpkeep(engine).prunings(newest)
    rows = [
        (
            *(moment_text(each.at), each.environment_id[7:19], size_text(each.freed_bytes)),
            *(_seconds(each.build_seconds), _listed(each.models), each.reason),
        )
        for each in found
    ]
    headings = ("WHEN", "ENVIRONMENT", "FREED", "REBUILD", "MODELS", "WHY")
    show(as_json, [pruning_document(each) for each in found], headings, rows, "Nothing was pruned yet.")


@images.command("pin")
@HOME
@click.argument("environment")
def pin(home: Path | None, environment: str) -> None:
    """Never prune the image of ENVIRONMENT: its id, or how that begins."""
    _pin(home, environment, True)


@images.command("unpin")
@HOME
@click.argument("environment")
def unpin(home: Path | None, environment: str) -> None:
    """Undo what `pin` did."""
    _pin(home, environment, False)


def _pin(home: Path | None, environment: str, pinned: bool) -> None:
    with database(lake_settings(home)) as engine:
        records = SqlUpkeep(engine)
        beginning = environment.removeprefix("sha256:").lower()
        found = [each.id for each in records.records() if each.id.removeprefix("sha256:").startswith(beginning)]
        if len(found) != 1:
            fail(f"{len(found) or 'No'} environments have an id that begins with {beginning!r}.", CALLER)
        records.pin(found[0], pinned)


def _chosen(everything: bool, given: dict[str, Any]) -> Criteria:
    if not everything and not any(value not in (None, False) for value in given.values()):
        fail(
            "Say which: --keep SIZE, --free SIZE, --older-than SPAN, --unused-for SPAN, --unused, --failed, --all.",
            CALLER,
        )
    return Criteria(**given)


def _words(everything: bool, given: dict[str, Any]) -> str:
    def written(value: Any) -> str:
        if isinstance(value, timedelta):
            return span_text(value.total_seconds())
        return "" if value is True else size_text(value)

    named = {"keep_bytes": "keep", "free_bytes": "free", "built_before": "older than", "idle_for": "unused for"}
    words = [f"{named.get(name, name)} {written(value)}".strip() for name, value in given.items() if value]
    return ", ".join([*words, *(["all"] if everything else [])])


def _show_plan(as_json: bool, plan: PruningPlan) -> None:
    document = {
        "remove": [_document(each) for each in plan.remove],
        "freed_bytes": plan.freed_bytes,
        "bytes_before": plan.bytes_before,
        "reached": plan.reached,
    }
    show(as_json, document, _HEADINGS[:-1], [_row(each) for each in plan.remove])
    if not as_json:
        left = size_text(plan.bytes_before - plan.freed_bytes)
        count = len(plan.remove)
        click.echo(f"Removing {count} images would free {size_text(plan.freed_bytes)}; the others hold {left}.")
        for each in plan.remove:
            for name in models_of(each):
                seconds = _seconds(each.record.build_seconds if each.record else None)
                click.echo(f"{name}: its next call waits for a build; the last one took {seconds}.")
    _not_all(plan.reached, as_json)


def _not_all(reached: bool, as_json: bool) -> None:
    if not reached:
        if not as_json:
            click.echo("That is not all that was asked for: the rest is in use, pinned or needed by a job.", err=True)
        sys.exit(NOT_ALL)


def _row(kept: Kept) -> tuple[str, ...]:
    record = kept.record
    return (
        *(_short(kept), record.language if record else "-", size_text(kept.image.bytes), size_text(kept.own_bytes)),
        *(moment_text(kept.built_at), moment_text(kept.used_at), str(record.uses) if record else "-"),
        *(_seconds(record.build_seconds if record else None), _listed(models_of(kept)) or "-"),
    )


def _document(kept: Kept) -> Json:
    record = kept.record
    return {
        "environment": kept.image.environment,
        "image_id": kept.image.image_id,
        "name": kept.image.name,
        "language": record.language if record else None,
        "bytes": kept.image.bytes,
        "own_bytes": kept.own_bytes,
        "built_at": kept.built_at.isoformat(),
        "used_at": kept.used_at.isoformat() if kept.used_at else None,
        "uses": record.uses if record else 0,
        "build_seconds": record.build_seconds if record else None,
        "cost": round(kept.cost, 3),
        "pinned": record.pinned if record else False,
        "used_by": [*kept.image.used_by],
        "kept": kept.why_kept or None,
        "models": [dataclasses.asdict(each) for each in record.versions] if record else [],
    }


def _short(kept: Kept) -> str:
    return (kept.image.environment or "unfinished").removeprefix("sha256:")[:12]


def _seconds(seconds: float | None) -> str:
    return "unknown" if seconds is None else span_text(seconds)


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" +{len(names) - most}" if len(names) > most else ""
    return ", ".join(names[:most]) + more
