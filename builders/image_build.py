"""One image build by BuildKit, over the engine's own API: docker-py's `build` knows only the classic builder."""

import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import docker
import requests
from docker.errors import DockerException

from builders.buildkit_trace import TraceReader
from builders.engine import engine_errors
from builders.errors import BuilderUnavailable
from builders.watch import Watch

_LINES_KEPT = 400
# So long the engine may take to end a build that it was told to end.
_ENDING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """`image_id` is `sha256:…`, or None when the build failed; `error` is then the engine's message."""

    image_id: str | None
    error: str
    log: tuple[str, ...]


def build_image(
    client: docker.DockerClient,
    context: BinaryIO,
    *,
    tag: str,
    labels: Mapping[str, str],
    watch: Watch,
    arguments: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda line: None,
    on_progress: Callable[[float, str], None] = lambda fraction, step: None,
) -> BuildOutcome:
    """Build without network from a gzipped tar. A build whose time is up is ended and has failed.

    `on_progress` gets the fraction of steps done, 0 to 1, and the name of the step at work.
    Raises Unwanted, and BuilderUnavailable when the engine cannot be spoken to.
    """
    watch.check()
    log, build = _Log(on_line, on_progress), uuid.uuid4().hex
    params = {
        "version": "2",
        "buildid": build,
        "t": tag,
        "networkmode": "none",
        "rm": "1",
        "forcerm": "1",
        "labels": json.dumps(dict(labels)),
        "buildargs": json.dumps(dict(arguments or {})),
    }
    with watch.beside(lambda: _cancel(client, build)) as stopped:
        try:
            with engine_errors():
                for message in _messages(client, params, context, watch.left + _ENDING_SECONDS):
                    log.take(message)
        except BuilderUnavailable:
            if not stopped.is_set():
                raise
    if stopped.is_set():
        watch.check()
        log.error = f"the build took longer than {watch.limit:.0f} seconds and was ended"
    error = log.error or ("" if log.image_id else "the engine ended the build without an image")
    return BuildOutcome(None if error else log.image_id, error, tuple(log.lines))


def _cancel(client: docker.DockerClient, build: str) -> None:
    client.api.post(
        f"{client.api.base_url}/v{client.api.api_version}/build/cancel", params={"id": build}, timeout=_ENDING_SECONDS
    )


def _messages(
    client: docker.DockerClient, params: Mapping[str, str], context: BinaryIO, timeout: float
) -> Iterator[dict[str, Any]]:
    """The engine's answers, one by one; no longer silence than `timeout`."""
    api = client.api
    # Leaving the block closes the connection, on which BuildKit ends a build that is still at work.
    with api.post(
        f"{api.base_url}/v{api.api_version}/build",
        params=params,
        data=context,
        headers={"Content-Type": "application/x-tar"},
        stream=True,
        timeout=timeout,
    ) as response:
        if response.status_code >= requests.codes.bad_request:
            raise DockerException(f"refused to build: {response.text.strip()}")
        for line in response.iter_lines(chunk_size=None):
            yield json.loads(line)


class _Log:
    """What one build has said so far."""

    def __init__(self, on_line: Callable[[str], None], on_progress: Callable[[float, str], None]) -> None:
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self.image_id: str | None = None
        self.error = ""
        self._on_line = on_line
        self._on_progress = on_progress
        self._trace = TraceReader()
        self._told = (0.0, "")

    def take(self, message: Mapping[str, Any]) -> None:
        self.error = message.get("error") or self.error
        if message.get("id") == "moby.image.id":
            self.image_id = message["aux"]["ID"]
        elif message.get("id") == "moby.buildkit.trace":
            for line in self._trace.feed(message["aux"]):
                self.lines.append(line)
                self._on_line(line)
            if (now := (self._trace.fraction, self._trace.step)) != self._told:
                self._told = now
                self._on_progress(*now)
