"""Jobs: GET /jobs/ID, GET /jobs/ID/log."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Response, request, stream_with_context
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.api.blueprint import Resource, problems
from registry.api.problems import stored_problem
from registry.api.services import services
from registry.domain.entities import Job, JobState, Phase
from registry.domain.errors import LakeBusy

blueprint = Resource("jobs", "What the lake is doing for you: the preparation of uploaded versions.")
_LOOK_SECONDS = 0.3
_TEXT = "text/plain; charset=utf-8"
_followers = threading.BoundedSemaphore(6)
_OVER = (JobState.SUCCEEDED, JobState.FAILED)


class JobSchema(Schema):
    id = fields.String()
    kind = fields.String()
    model = fields.String()
    version = fields.Integer()
    state = fields.String(metadata={"enum": [*JobState]})
    phase = fields.String(metadata={"enum": [*Phase]})
    percent = fields.Float(metadata={"description": "0 to 100"})
    detail = fields.String()
    environment = fields.String(allow_none=True)
    notes = fields.List(fields.String())
    problem = fields.Dict(allow_none=True, metadata={"description": "Why it failed: a problem document."})
    created_at = fields.DateTime()
    updated_at = fields.DateTime()


class LogQuerySchema(Schema):
    follow = fields.Boolean(load_default=False, metadata={"description": "Go on until the job is over."})


@blueprint.route("/jobs/<job_id>")
class OneJob(MethodView):
    @blueprint.response(HTTPStatus.OK, JobSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, job_id: str) -> dict[str, Any]:
        """A job: where it is, and how it ended"""
        return job_document(services().jobs.get(job_id))


@blueprint.route("/jobs/<job_id>/log")
class JobLog(MethodView):
    @blueprint.arguments(LogQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, {"type": "string"}, content_type="text/plain")
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
    def get(self, query: dict[str, Any], job_id: str) -> Response:
        """The job's log, with that of the build that it waits for"""
        services().jobs.get(job_id)
        if not query["follow"]:
            return Response("".join(_lines(job_id, follow=False)), content_type=_TEXT)
        # Each follower holds a thread: most must be left for those who ask for something else.
        if not _followers.acquire(blocking=False):
            raise LakeBusy("As many logs are being followed as this lake can; ask for it without `follow`.")
        response = Response(stream_with_context(_lines(job_id, follow=True)), content_type=_TEXT)
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


def _lines(job_id: str, *, follow: bool) -> Iterator[str]:
    jobs, last = services().jobs, 0
    # Sends the headers: who follows a job that says nothing yet must see that it is being followed.
    yield ""
    while True:
        over = not follow or jobs.get(job_id).state in _OVER
        batch = jobs.log_after(job_id, last)
        if batch:
            last = batch[-1][0]
            yield "".join(f"{line}\n" for _, line in batch)
        elif over or _client_left():
            return
        else:
            time.sleep(_LOOK_SECONDS)
