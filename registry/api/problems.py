"""Errors over HTTP: RFC 9457 problem documents. The one place where an error becomes a status."""

import errno
import json
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, request, url_for
from flask_smorest import Api
from marshmallow import INCLUDE, Schema, fields
from werkzeug.exceptions import HTTPException

from registry.domain.errors import access, invalid, lake, model, state
from registry.domain.errors.document import from_document
from registry.domain.errors.families import LakeError, WelesError

STATUS: dict[type[WelesError], HTTPStatus] = {
    invalid.EnvironmentFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    invalid.InvalidEnvironment: HTTPStatus.UNPROCESSABLE_ENTITY,
    invalid.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    invalid.InvalidRequest: HTTPStatus.BAD_REQUEST,
    invalid.MeasureMisfit: HTTPStatus.UNPROCESSABLE_ENTITY,
    invalid.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    invalid.NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    invalid.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    invalid.TooMuchWork: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    invalid.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    state.AliasMoved: HTTPStatus.CONFLICT,
    state.Cancelled: HTTPStatus.CONFLICT,
    state.Deleted: HTTPStatus.GONE,
    state.Exists: HTTPStatus.CONFLICT,
    state.InUse: HTTPStatus.CONFLICT,
    state.NotFound: HTTPStatus.NOT_FOUND,
    state.TooManyKept: HTTPStatus.CONFLICT,
    access.Forbidden: HTTPStatus.FORBIDDEN,
    access.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    access.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    model.AnswersDiffer: HTTPStatus.BAD_GATEWAY,
    model.ModelDied: HTTPStatus.BAD_GATEWAY,
    model.ModelNotLoadable: HTTPStatus.BAD_GATEWAY,
    model.ModelNotUsable: HTTPStatus.BAD_GATEWAY,
    model.ModelOutOfMemory: HTTPStatus.BAD_GATEWAY,
    model.ModelRaised: HTTPStatus.BAD_GATEWAY,
    model.PredictionTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    lake.AnalysisUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.BlobUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.BuilderUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.CapacityExceeded: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.DiskFull: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.EnvironmentNotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.LakeBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.LakeFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    lake.ModelBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    lake.RuntimeNotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# As SQLite and Postgres say it.
_DATABASE_FULL = re.compile("database or disk is full|could not extend file|No space left on device")
MEDIA_TYPE = "application/problem+json"
# A client that is still sending would miss the answer: so much of what it sends is read first.
_DRAIN_BYTES, _DRAIN_SECONDS = 1 << 30, 10.0


class ProblemSchema(Schema):
    """RFC 9457, and our own members: the family, what to do next, and the error's data beside them."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata={"example": "/problems/invalid-input"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String()
    family = fields.String(required=True, metadata={"enum": ["caller", "model", "lake"]})
    next = fields.String(required=True, metadata={"description": "What to do about it."})


class ProblemApi(Api):
    """flask-smorest with problem documents instead of its own form of errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Response:
        return http_problem(error)


def document(error: WelesError) -> dict[str, Any]:
    """The problem document of an error."""
    return {
        "type": f"/problems/{slug(type(error))}",
        "title": error.title,
        "status": STATUS[type(error)].value,
        "detail": error.detail,
        "family": error.family,
        "next": error.next,
        **error.fields,
    }


def problem(error: WelesError, beside: Mapping[str, Any] | None = None) -> Response:
    """The HTTP answer for an error; `beside` are members that another protocol's clients look for."""
    body = {**document(error), "instance": request.path, **(beside or {})}
    response = Response(json.dumps(body), status=body["status"], content_type=MEDIA_TYPE)
    if body["status"] == HTTPStatus.SERVICE_UNAVAILABLE and isinstance(error, LakeError):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, lake.EnvironmentNotReady) and error.fields["job"]:
        response.headers["Link"] = f'<{url_for("jobs.OneJob", job_id=error.fields["job"])}>; rel="status"'
    if isinstance(error, access.TooManyAttempts):
        response.headers["Retry-After"] = str(error.fields["retry_after"])
    if isinstance(error, access.Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="weles"'
    if isinstance(error, invalid.TooLarge):
        _drain()
        response.headers["Connection"] = "close"
    return response


def http_problem(error: HTTPException) -> Response:
    """The answer for what Flask itself refuses, in the same form."""
    return problem(translated(error))


def translated(error: HTTPException) -> WelesError:
    """What Flask itself refuses as one of the lake's errors."""
    status = error.code or 500
    if status == HTTPStatus.NOT_FOUND:
        return state.NotFound("page", request.path, next="The OpenAPI document at /openapi.json lists what there is.")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return invalid.MethodNotAllowed(request.method, sorted(getattr(error, "valid_methods", None) or ()))
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return invalid.TooLarge(request.max_content_length or 0, "request")
    if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return invalid.UnsupportedMediaType(request.mimetype, ("application/json",))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return lake.DiskFull() if _found_no_room(getattr(error, "original_exception", None)) else lake.LakeFailed()
    messages = getattr(error, "data", {}).get("messages") if isinstance(getattr(error, "data", None), dict) else None
    problems = _field_problems(messages)
    detail = "Fields of the request are not right." if problems else error.description or error.name
    return invalid.InvalidRequest(detail, problems=problems)


def stored_problem(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    """The problem document of an error that was kept with `to_document`."""
    return None if stored is None else document(from_document(stored))


def slug(error: type[WelesError]) -> str:
    """`InvalidInput` → `invalid-input`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def _found_no_room(error: BaseException | None) -> bool:
    """A write that failed because the disk, or what the lake may use of it, is full: a file's, or the database's."""
    return getattr(error, "errno", None) in _NO_ROOM or _DATABASE_FULL.search(str(error)) is not None


def _field_problems(messages: Any) -> list[dict[str, str]]:
    """webargs' {location: {field: [reason]}} as a flat list."""
    found = []
    for location, by_field in (messages or {}).items():
        for name, reasons in by_field.items() if isinstance(by_field, dict) else [("", by_field)]:
            found.append({"location": str(location), "field": str(name), "reason": _reason(reasons)})
    return found


def _reason(reasons: Any) -> str:
    """marshmallow's reasons: a list of sentences, or a document of those of a nested field."""
    if isinstance(reasons, list) and all(isinstance(each, str) for each in reasons):
        return " ".join(reasons)
    return json.dumps(reasons)


def _drain() -> None:
    left, deadline = _DRAIN_BYTES, time.monotonic() + _DRAIN_SECONDS
    stream = request.environ.get("wsgi.input")
    while stream is not None and left > 0 and time.monotonic() < deadline:
        chunk = stream.read(min(1 << 20, left))
        if not chunk:
            return
        left -= len(chunk)
