"""One image build by BuildKit, over the engine's own API: docker-py's `build` knows only the classic builder."""

import json
import time
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

_LINES_KEPT = 400


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
    timeout: float,
    arguments: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda line: None,
    on_progress: Callable[[float, str], None] = lambda fraction, step: None,
) -> BuildOutcome:
    """Build without network from a gzipped tar. A build over `timeout` seconds is ended and has failed.

    `on_progress` gets the fraction of steps done, 0 to 1, and the name of the step at work.
    Raises BuilderUnavailable when the engine cannot be spoken to.
    """
    log = _Log(on_line, on_progress)
    deadline = time.monotonic() + timeout
    params = {
        "version": "2",
        "t": tag,
        "networkmode": "none",
        "rm": "1",
        "forcerm": "1",
        "labels": json.dumps(dict(labels)),
        "buildargs": json.dumps(dict(arguments or {})),
    }
    try:
        with engine_errors():
            for message in _messages(client, params, context, timeout):
                log.take(message)
                if time.monotonic() > deadline:
                    raise requests.exceptions.ReadTimeout
    except BuilderUnavailable:
        if time.monotonic() < deadline:
            raise
        log.error = f"the build took longer than {timeout:.0f} seconds and was ended"
    error = log.error or ("" if log.image_id else "the engine ended the build without an image")
    return BuildOutcome(None if error else log.image_id, error, tuple(log.lines))


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
