"""One image build by BuildKit, over the engine's own API: docker-py's `build` knows only the classic builder."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import docker
import requests
from docker.errors import DockerException

from builders.buildkit_trace import TraceReader
from builders.engine import engine_errors

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
    api = client.api
    deadline = time.monotonic() + timeout
    trace = TraceReader()
    lines: list[str] = []
    image_id, error, told = None, "", (0.0, "")
    with engine_errors():
        response = api.post(
            f"{api.base_url}/v{api.api_version}/build",
            params={
                "version": "2",
                "t": tag,
                "networkmode": "none",
                "rm": "1",
                "forcerm": "1",
                "labels": json.dumps(dict(labels)),
                "buildargs": json.dumps(dict(arguments or {})),
            },
            data=context,
            headers={"Content-Type": "application/x-tar"},
            stream=True,
            timeout=timeout,
        )
        # Leaving the block closes the connection, on which BuildKit ends a build that is still at work.
        with response:
            if response.status_code >= requests.codes.bad_request:
                raise DockerException(f"refused to build: {response.text.strip()}")
            try:
                for raw in response.iter_lines(chunk_size=None):
                    if time.monotonic() > deadline:
                        raise requests.exceptions.ReadTimeout
                    message = json.loads(raw)
                    if message.get("id") == "moby.buildkit.trace":
                        for line in trace.feed(message["aux"]):
                            lines.append(line)
                            on_line(line)
                        if (trace.fraction, trace.step) != told:
                            told = (trace.fraction, trace.step)
                            on_progress(*told)
                    elif message.get("id") == "moby.image.id":
                        image_id = message["aux"]["ID"]
                    error = message.get("error") or error
            except (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError) as failure:
                if time.monotonic() < deadline - 0.5:
                    raise
                error = f"the build took longer than {timeout:.0f} seconds and was ended ({type(failure).__name__})"
    if image_id is None and not error:
        error = "the engine ended the build without an image"
    return BuildOutcome(None if error else image_id, error, tuple(lines[-_LINES_KEPT:]))
