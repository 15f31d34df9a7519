"""Following the job that prepares an uploaded version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weles.connection import Connection, segment
from weles.errors import Cancelled, UploadFailed, WelesError, from_problem
from weles.job_log import GrowingLog
from weles.progress import follow

__all__ = ["Status", "check", "status_of", "wait_for"]

_LOG_LINES = 20


@dataclass(frozen=True)
class Status:
    """How far a version is. `state`: queued, running, succeeded, failed or cancelled; `percent` 0 to 100.

    `phase`: queued, resolve, fetch, build, verify or ready; `problem`: why it failed, a problem document.
    """

    model: str
    version: int
    state: str
    phase: str = ""
    percent: float = 0.0
    detail: str = ""
    job: str = ""
    environment: str | None = None
    notes: tuple[str, ...] = ()
    problem: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def ready(self) -> bool:
        """Can it predict?"""
        return self.state == "succeeded"

    @property
    def ended(self) -> bool:
        """Will nothing more happen?"""
        return self.state in ("succeeded", "failed", "cancelled")


def status_of(connection: Connection, job: str) -> Status:
    """The job's status now. Raises NotFound."""
    document = connection.json("GET", f"/jobs/{segment(job)}")
    return Status(
        model=str(document.get("model") or ""),
        version=int(document.get("version") or 0),
        state=str(document.get("state") or ""),
        phase=str(document.get("phase") or ""),
        percent=float(document.get("percent") or 0),
        detail=str(document.get("detail") or ""),
        job=job,
        environment=document.get("environment"),
        notes=tuple(str(note) for note in document.get("notes") or ()),
        problem=document.get("problem"),
    )


def wait_for(connection: Connection, job: str) -> Status:
    """Show progress until the job has ended; its last status. Raises UploadFailed when it did not succeed."""
    status = follow(
        lambda: status_of(connection, job),
        lambda seen: f"{seen.model} version {seen.version}",
        GrowingLog(connection, job).news,
        connection.progress,
    )
    return check(connection, status)


def check(connection: Connection, status: Status) -> Status:
    """`status`, when it did not fail. Raises UploadFailed, with the reason and the end of the log, when it did."""
    if status.state not in ("failed", "cancelled"):
        return status
    if status.problem:
        reason = from_problem(status.problem)
    else:
        reason = Cancelled(f"Its job was {status.state}.", next="Upload it again.")
    told = bool(reason.traceback or reason.fields.get("log_tail"))
    raise UploadFailed(
        status.model, status.version, status.job, reason, "" if told else _end_of_log(connection, status.job)
    )


def _end_of_log(connection: Connection, job: str) -> str:
    try:
        text = connection.request("GET", f"/jobs/{segment(job)}/log", accept="text/plain").text
    except WelesError:
        return ""  # the reason is known without it
    return "\n".join(text.splitlines()[-_LOG_LINES:])
