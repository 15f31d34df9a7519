"""Work that the lake does while one waits, or does something else: predictions of datasets, audits, explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weles.connection import Connection, current, segment
from weles.errors import Cancelled, from_problem
from weles.job_log import GrowingLog
from weles.progress import follow

__all__ = ["Job", "get", "mine"]


@dataclass(frozen=True)
class Job:
    """A job of the lake, as it was when it was asked for.

    `kind`: prepare, predict, audit or explain; `state`: queued, running, succeeded, failed or cancelled; `percent`: 0
    to 100; `result`: what came of it; `problem`: why it failed.
    """

    id: str
    kind: str
    model: str
    version: int
    state: str
    phase: str = ""
    percent: float = 0.0
    detail: str = ""
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    problem: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def ended(self) -> bool:
        """Will nothing more happen?"""
        return self.state in ("succeeded", "failed", "cancelled")

    def now(self) -> Job:
        """The job as it is now. Raises NotFound."""
        return get(self.id)

    def wait(self) -> Job:
        """Show progress until the job has ended; raises the error that it failed with."""
        return wait_for(current(), self.id)

    def cancel(self) -> Job:
        """Have it stopped; one that is over stays as it is."""
        return _job(current().json("DELETE", f"/jobs/{segment(self.id)}"))

    def retry(self) -> Job:
        """Have it tried again, when it is over, by a new job: that one. What is not over is given as it is."""
        return get(str(current().json("POST", f"/jobs/{segment(self.id)}/retry")["job"]))

    def log(self) -> str:
        """What the lake wrote down about it."""
        return current().request("GET", f"/jobs/{segment(self.id)}/log", accept="text/plain").text


def get(job: str) -> Job:
    """The job of this id. Raises NotFound."""
    return _job(current().json("GET", f"/jobs/{segment(job)}"))


def mine(*, state: str | None = None, limit: int = 50) -> list[Job]:
    """Your jobs, the newest first; `state` leaves out all others."""
    answer = current().json("GET", "/jobs", params={"state": state, "limit": limit})
    return [_job(each) for each in answer["jobs"]]


def start(connection: Connection, path: str, document: Mapping[str, Any], version: Any = None) -> str:
    """Ask for work; the id of its job."""
    body = {name: value for name, value in document.items() if value is not None}
    return str(connection.send_json("POST", path, body, params={"version": version})["job"])


def wait_for(connection: Connection, job: str) -> Job:
    """Show progress until the job has ended. Raises the error that it failed with."""
    now = follow(
        lambda: _job(connection.json("GET", f"/jobs/{segment(job)}")),
        lambda seen: f"{seen.kind} {seen.model} version {seen.version}",
        GrowingLog(connection, job).news,
        connection.progress,
    )
    if now.state == "succeeded":
        return now
    if now.problem:
        raise from_problem(now.problem)
    raise Cancelled(f"The job was {now.state}.", next="Ask for it again.")


def _job(document: Mapping[str, Any]) -> Job:
    return Job(
        id=str(document["id"]),
        kind=str(document.get("kind") or ""),
        model=str(document.get("model") or ""),
        version=int(document.get("version") or 0),
        state=str(document.get("state") or ""),
        phase=str(document.get("phase") or ""),
        percent=float(document.get("percent") or 0),
        detail=str(document.get("detail") or ""),
        result=document.get("result"),
        problem=document.get("problem"),
    )
