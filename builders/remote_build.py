"""Images built by a BuildKit elsewhere: it begins from what the registry has, and brings there what it has built."""

from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

import docker

from builders.build_log import BuildLog, BuildOutcome, time_is_up
from builders.buildx import Buildx, Order
from builders.buildx_trace import RawJsonReader
from builders.delivery import Delivery
from builders.engine import engine_errors
from builders.errors import BuilderUnavailable
from builders.watch import Watch


class RemoteBuild:
    """An `ImageBuild`. The engine lends its base images to the registry, and takes from there what was built.

    No name is given to anything in the registry before the environment is whole: only its last push does.
    """

    def __init__(self, client: docker.DockerClient, buildx: Buildx, delivery: Delivery) -> None:
        self._client = client
        self._buildx = buildx
        self._delivery = delivery

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
        watch.check()
        order = Order(
            repository=self._delivery.repository,
            platform=self._platform(),
            labels=labels,
            arguments=arguments,
            contexts={each: self._delivery.lend(each) for each in begins_from},
        )
        reader = RawJsonReader()
        log = BuildLog(reader, on_line, on_progress)
        digest, stopped = self._buildx.build(order, context, watch, lambda line: log.take(reader.feed(line)))
        if digest is None and not stopped:
            error = reader.error or "buildx ended without an image"
            if not reader.step_failed:
                raise BuilderUnavailable(f"the builder {self._buildx.builder} did not build: {error}")
            return log.outcome(None, error)
        image_id = None if digest is None else self._delivery.take(digest, tag, watch)
        if image_id is None:
            watch.check()
            return log.outcome(None, time_is_up(watch.limit))
        return log.outcome(image_id, "")

    def _platform(self) -> str:
        """What the engine runs: images are built for it, whatever the BuildKit's own machine is."""
        with engine_errors():
            version = self._client.version()
        return f"{version['Os']}/{version['Arch']}"
