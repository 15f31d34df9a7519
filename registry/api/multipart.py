"""Reading uploads that come as multipart/form-data: a JSON part `metadata`, and parts with content."""

import io
import json
from typing import Any, BinaryIO, cast

from flask import request
from marshmallow import Schema, ValidationError

from registry.api.services import services
from registry.domain.errors import InvalidRequest, TooLarge, UnsupportedMediaType

MEDIA_TYPE = "multipart/form-data"
_METADATA_BYTES = 1 << 20


def require_multipart() -> None:
    """Let the request be as large as an upload may be. Raises UnsupportedMediaType before anything of it is read."""
    if request.mimetype != MEDIA_TYPE:
        raise UnsupportedMediaType(request.mimetype, (MEDIA_TYPE,))
    request.max_content_length = services().settings.max_upload_bytes


def metadata(schema: Schema) -> dict[str, Any]:
    """The part `metadata`, checked. Raises InvalidRequest with every field that is wrong."""
    stream = part("metadata")
    if stream is None:
        raise InvalidRequest("The part `metadata` is missing.", next="Send it as JSON.")
    try:
        return cast(dict[str, Any], schema.load(json.loads(read(stream[1], _METADATA_BYTES, "metadata"))))
    except ValidationError as error:
        reasons = cast(dict[str, Any], error.messages)
        problems = [{"field": name, "reason": reason} for name, reason in reasons.items()]
        raise InvalidRequest("The part `metadata` has fields that are not right.", problems=problems) from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The part `metadata` is not JSON.", next="Send a JSON object.") from error


def part(name: str) -> tuple[str, BinaryIO] | None:
    """(content type, stream) of a part, whether it was sent as a file or as a field; None when it is not there."""
    if name in request.files:
        file = request.files[name]
        return file.mimetype, cast(BinaryIO, file.stream)
    if name in request.form:
        return "", io.BytesIO(request.form[name].encode())
    return None


def filename(name: str) -> str:
    """How the sender called the file of a part: a hint and nothing more; empty when it was not sent as a file."""
    return request.files[name].filename or "" if name in request.files else ""


def read(stream: BinaryIO, limit_bytes: int, what: str) -> bytes:
    """All of a part that has to be in memory at once. Raises TooLarge."""
    content = stream.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise TooLarge(limit_bytes, what)
    return content


def required(name: str) -> BinaryIO:
    """The stream of a part. Raises InvalidRequest when it is not there."""
    found = part(name)
    if found is None:
        raise InvalidRequest(f"The part `{name}` is missing.", next=f"Send `{name}` as a part of the form.")
    return found[1]
