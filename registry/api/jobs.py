"""Jobs: GET /jobs, GET and DELETE /jobs/ID, GET /jobs/ID/log, POST /jobs/ID/retry."""

import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Response, request, stream_with_context, url_for
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.blueprint import Resource, problems
from registry.api.problems import stored_problem
from registry.api.services import current_user, services
from registry.domain.entities import Job, JobKind, JobState, Phase
from registry.domain.errors.lake import LakeBusy
from registry.domain.ports.jobs import NewJob

blueprint = Resource("jobs", "What the lake does for you: preparations, predictions, audits, explanations.")
_LOOK_SECONDS = 0.3
_TEXT = "text/plain; charset=utf-8"
_READ_UP_TO = "Weles-Log-Position"
_followers = threading.BoundedSemaphore(6)


class JobsQuerySchema(Schema):
    state = fields.Enum(JobState, by_value=True, load_default=None)
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 2**31 - 1))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class JobSchema(Schema):
    id = fields.String()
    kind = fields.String(metadata={"enum": [*JobKind]})
    owner = fields.String()
    model = fields.String()
    version = fields.Integer()
    state = fields.String(metadata={"enum": [*JobState]})
    phase = fields.String(metadata={"enum": [*Phase]})
    percent = fields.Float(metadata={"description": "0 to 100"})
    detail = fields.String()
    environment = fields.String(allow_none=True)
    notes = fields.List(fields.String())
    request = fields.Dict(metadata={"description": "What was asked."})
    result = fields.Dict(allow_none=True, metadata={"description": "What came of it: a document of the kind's own."})
    problem = fields.Dict(allow_none=True, metadata={"description": "Why it failed: a problem document."})
    created_at = fields.DateTime()
    updated_at = fields.DateTime()


class JobsSchema(Schema):
    jobs = fields.List(fields.Nested(JobSchema))


class StartedSchema(Schema):
    """What is answered to a question that a job answers."""

    job = fields.String()
    kind = fields.String()
    state = fields.String()


class LogQuerySchema(Schema):
    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": f"Only what was written since the answer whose header {_READ_UP_TO} said this."},
    )
    follow = fields.Boolean(load_default=False, metadata={"description": "Go on until the job is over."})


@blueprint.route("/jobs")
class Jobs(MethodView):
    @blueprint.arguments(JobsQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, JobsSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Your jobs, the newest first"""
        found = services().jobs.of_owner(current_user().id, **query)
        return {"jobs": [job_document(job) for job in found]}


@blueprint.route("/jobs/<job_id>")
class OneJob(MethodView):
    @blueprint.response(HTTPStatus.OK, JobSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, job_id: str) -> dict[str, Any]:
        """A job: where it is, and how it ended"""
        return job_document(services().jobs.get(job_id))

    @blueprint.response(HTTPStatus.OK, JobSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def delete(self, job_id: str) -> dict[str, Any]:
        """Cancel a job; one that is over stays as it is. A build that others share goes on"""
        services().jobs.cancel(job_id)
        return job_document(services().jobs.get(job_id))


@blueprint.route("/jobs/<job_id>/retry")
class Retry(MethodView):
    @blueprint.response(HTTPStatus.ACCEPTED, StartedSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))
    def post(self, job_id: str) -> Any:
        """Try again, by a new job, what is over; one that is not over is answered as it is. Earlier logs are kept"""
        job = services().jobs.get(job_id)
        if not job.state.is_over:
            return started(job_id)
        again = uuid.uuid4().hex
        if job.kind is JobKind.PREPARE:
            return started(services().models.prepare_again(job.version_id, again))
        return started(services().jobs.add(NewJob(again, job.kind, job.version_id, job.owner_id, job.request)))


@blueprint.route("/jobs/<job_id>/log")
class JobLog(MethodView):
    @blueprint.arguments(LogQuerySchema, location="query")
    @blueprint.response(
        HTTPStatus.OK,
        {"type": "string"},
        content_type="text/plain",
        headers={
            _READ_UP_TO: {
                "description": "What to give as `after` to read on; not with `follow`.",
                "schema": {"type": "integer"},
            }
        },
    )
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
    def get(self, query: dict[str, Any], job_id: str) -> Response:
        """The job's log, with that of the build that it waits for; who asks again and again reads on by `after`"""
        services().jobs.get(job_id)
        if not query["follow"]:
            last, texts = query["after"], []
            while batch := services().jobs.log_after(job_id, last):
                last = batch[-1][0]
                texts.append(_text(batch))
            return Response("".join(texts), content_type=_TEXT, headers={_READ_UP_TO: str(last)})
        # Each follower holds a thread: most must be left for those who ask for something else.
        if not _followers.acquire(blocking=False):
            raise LakeBusy("As many logs are being followed as this lake can; ask for it without `follow`.")
        response = Response(stream_with_context(_followed(job_id, query["after"])), content_type=_TEXT)
        response.call_on_close(_followers.release)
        return response


def _client_left() -> bool:
    """The one who follows has closed the connection: while nothing is written, only the socket can tell."""
    connection = request.environ.get("gunicorn.socket")
    if connection is None:
        return False
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def job_document(job: Job) -> dict[str, Any]:
    """A job as `JobSchema` describes it."""
    return {**asdict(job), "environment": job.environment_id, "problem": stored_problem(job.problem)}


def started(job_id: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The answer, and its headers, to a question that a job answers."""
    job = services().jobs.get(job_id)
    return {"job": job.id, "kind": job.kind, "state": job.state}, {"Location": url_for("jobs.OneJob", job_id=job_id)}


def _text(lines: list[tuple[int, str]]) -> str:
    return "".join(f"{line}\n" for _, line in lines)


def _followed(job_id: str, last: int) -> Iterator[str]:
    jobs = services().jobs
    # Sends the headers: who follows a job that says nothing yet must see that it is being followed.
    yield ""
    while True:
        over = jobs.get(job_id).state.is_over
        batch = jobs.log_after(job_id, last)
        if batch:
            last = batch[-1][0]
            yield _text(batch)
        elif over or _client_left():
            return
        else:
            time.sleep(_LOOK_SECONDS)
