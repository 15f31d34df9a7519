"""`weles-admin jobs`: of all users, listed, shown and cancelled."""

from dataclasses import asdict
from pathlib import Path

import click

from registry.commands.machine import database
from registry.db.jobs import SqlJobs
from registry.domain.amounts import moment_text
from registry.domain.entities import Job, JobState, Json
from registry.terminal import HOME, JSON, lake_settings, show

_HEADINGS = ("JOB", "KIND", "MODEL", "OWNER", "STATE", "PHASE", "DONE", "CHANGED")
_STATE = click.option("--state", type=click.Choice([each.value for each in JobState]), help="Only these.")


@click.group()
def jobs() -> None:
    """What the lake does for its users."""


@jobs.command("list")
@HOME
@JSON
@_STATE
@click.option("--newest", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many.")
def list_jobs(home: Path | None, as_json: bool, state: str | None, newest: int) -> None:
    """Show the newest jobs of all users."""
    with database(lake_settings(home)) as engine:
        found = SqlJobs(engine).newest(state=None if state is None else JobState(state), limit=newest)
    show(as_json, [_document(each) for each in found], _HEADINGS, [_row(each) for each in found], "There is none.")


@jobs.command("show")
@HOME
@JSON
@click.argument("job")
@click.option("--log", is_flag=True, help="With its log, and that of the build that it waits for.")
def show_job(home: Path | None, as_json: bool, job: str, log: bool) -> None:
    """Show one job: where it is, and how it ended."""
    with database(lake_settings(home)) as engine:
        jobs = SqlJobs(engine)
        found = jobs.get(job)
        lines = [*_log(jobs, job)] if log else []
    show(as_json, {**_document(found), **({"log": lines} if log else {})}, _HEADINGS, [_row(found)])
    if not as_json:
        click.echo(f"{found.detail}")
        if found.problem is not None:
            click.echo(f"{found.problem.get('next', '')}".rstrip())
        for line in lines:
            click.echo(line)


@jobs.command("cancel")
@HOME
@click.argument("names", nargs=-1, required=True, metavar="JOB...")
def cancel(home: Path | None, names: tuple[str, ...]) -> None:
    """End jobs; one that is over stays as it is. A build that others share goes on."""
    with database(lake_settings(home)) as engine:
        jobs = SqlJobs(engine)
        for each in names:
            jobs.get(each)
        for each in names:
            jobs.cancel(each)
            click.echo(f"{each} {jobs.get(each).state}")


def _log(jobs: SqlJobs, job: str) -> list[str]:
    lines: list[str] = []
    last = 0
    while batch := jobs.log_after(job, last):
        last = batch[-1][0]
        lines += [line for _, line in batch]
    return lines


def _row(job: Job) -> tuple[str, ...]:
    model = f"{job.model}/{job.version}"
    return (
        job.id,
        job.kind,
        model,
        job.owner,
        job.state,
        job.phase,
        f"{job.percent:.0f}%",
        moment_text(job.updated_at),
    )


def _document(job: Job) -> Json:
    return asdict(job) | {"created_at": job.created_at.isoformat(), "updated_at": job.updated_at.isoformat()}
