"""Reading uploads that come as multipart/form-data: a JSON part `metadata`, and parts with content."""

import io
import json
import tempfile
from contextlib import ExitStack
from typing import IO, Any, BinaryIO, cast

from flask import Request, g, request
from marshmallow import Schema, ValidationError

from registry.api.services import services
from registry.domain.errors.invalid import InvalidRequest, TooLarge, UnsupportedMediaType

MEDIA_TYPE = "multipart/form-data"
_METADATA_BYTES = 1 << 20
_IN_MEMORY_BYTES = 512 << 10


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
    text = read(stream[1], _METADATA_BYTES, "metadata")
    try:
        return cast(dict[str, Any], schema.load(json.loads(text, parse_constant=_no_constant)))
    except ValidationError as error:
        reasons = cast(dict[str, Any], error.messages)
        problems = [{"field": name, "reason": reason} for name, reason in reasons.items()]
        raise InvalidRequest("The part `metadata` has fields that are not right.", problems=problems) from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The part `metadata` is not JSON.", next="Send a JSON object.") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


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


def require_size(stream: BinaryIO, limit_bytes: int, what: str) -> None:
    """Raises TooLarge for a part that is larger; the stream is at its start afterwards."""
    if stream.seek(0, io.SEEK_END) > limit_bytes:
        raise TooLarge(limit_bytes, what)
    stream.seek(0)


def close_later(file: BinaryIO) -> None:
    """Close the file when the request is over, however it ends."""
    if "opened" not in g:
        g.opened = ExitStack()
    g.opened.callback(file.close)


def close_opened(_: BaseException | None = None) -> None:
    """Close what `close_later` was given: for Flask's `teardown_request`."""
    opened = g.pop("opened", None)
    if opened is not None:
        opened.close()


class SpoolingRequest(Request):
    """A request whose large parts are kept on the disk of the lake, in files without a name."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if total_content_length is not None and total_content_length <= _IN_MEMORY_BYTES:
            return io.BytesIO()
        return tempfile.TemporaryFile(dir=services().settings.incoming_folder)


def required(name: str) -> BinaryIO:
    """The stream of a part. Raises InvalidRequest when it is not there."""
    found = part(name)
    if found is None:
        raise InvalidRequest(f"The part `{name}` is missing.", next=f"Send `{name}` as a part of the form.")
    return found[1]
