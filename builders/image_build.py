"""One image build by BuildKit, over the engine's own API: docker-py's `build` knows only the classic builder."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import docker
import requests
from docker.errors import DockerException

from builders.build_log import BuildLog, BuildOutcome, time_is_up
from builders.buildkit_trace import TraceReader
from builders.engine import engine_errors
from builders.errors import BuilderUnavailable
from builders.watch import Watch

# So long the engine may take to end a build that it was told to end.
_ENDING_SECONDS = 60.0


class ImageBuild(Protocol):
    """Makes an image from a context: `EngineBuild`, or `builders.remote_build.RemoteBuild`."""

    def __call__(
        self,
        context: BinaryIO,
        *,
        tag: str,
        labels: Mapping[str, str],
        begins_from: Sequence[str],
        watch: Watch,
        arguments: Mapping[str, str],
        on_line: Callable[[str], None],
        on_progress: Callable[[float, str], None],
    ) -> BuildOutcome:
        """Build without network from a gzipped tar; the engine has the image, as `tag`, when there is one.

        `begins_from` are the engine's images that the Dockerfile names. A build whose time is up is ended and has
        failed. `on_progress` gets the fraction of steps done, 0 to 1, and the name of the step at work.
        Raises Unwanted, and BuilderUnavailable when what builds cannot be spoken to.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineBuild:
    """The engine builds: what a Dockerfile begins from is there."""

    client: docker.DockerClient

    def __call__(
        self,
        context: BinaryIO,
        *,
        tag: str,
        labels: Mapping[str, str],
        begins_from: Sequence[str],
        watch: Watch,
        arguments: Mapping[str, str],
        on_line: Callable[[str], None],
        on_progress: Callable[[float, str], None],
    ) -> BuildOutcome:
        return build_image(
            self.client,
            context,
            tag=tag,
            labels=labels,
            watch=watch,
            arguments=arguments,
            on_line=on_line,
            on_progress=on_progress,
        )


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
    said, build = _Messages(on_line, on_progress), uuid.uuid4().hex
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
                    said.take(message)
        except BuilderUnavailable:
            if not stopped.is_set():
                raise
    if stopped.is_set():
        watch.check()
        said.error = time_is_up(watch.limit)
    error = said.error or ("" if said.image_id else "the engine ended the build without an image")
    return said.log.outcome(said.image_id, error)


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


class _Messages:
    """What the engine has answered so far."""

    def __init__(self, on_line: Callable[[str], None], on_progress: Callable[[float, str], None]) -> None:
        self.image_id: str | None = None
        self.error = ""
        self._trace = TraceReader()
        self.log = BuildLog(self._trace, on_line, on_progress)

    def take(self, message: Mapping[str, Any]) -> None:
        self.error = message.get("error") or self.error
        if message.get("id") == "moby.image.id":
            self.image_id = message["aux"]["ID"]
        elif message.get("id") == "moby.buildkit.trace":
            self.log.take(self._trace.feed(message["aux"]))
