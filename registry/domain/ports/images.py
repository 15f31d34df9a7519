"""Environments made into images."""

from typing import Protocol

from builders.bases import Base
from builders.built_image import BuiltImage
from builders.lock import Lock
from builders.lock import Resolution as Resolved
from builders.packages import Missing
from builders.report import BuildReport
from builders.spec import EnvironmentSpec
from builders.watch import Watch


class ImageBuilder(Protocol):
    """Environment → image: `builders.docker_builder.DockerBuilder`, which says what each method does and raises."""

    def bases(self) -> list[Base]: ...

    def resolve(
        self, spec: EnvironmentSpec, base: Base, report: BuildReport, watch: Watch | None = None
    ) -> Resolved: ...

    def fetch(self, resolution: Resolved, base: Base, report: BuildReport, watch: Watch | None = None) -> Lock: ...

    def build(
        self, environment_id: str, lock: Lock, base: Base, report: BuildReport, watch: Watch | None = None
    ) -> BuiltImage: ...

    def exists(self, environment_id: str) -> BuiltImage | None: ...

    def missing(self, lock: Lock) -> Missing: ...

    def dockerfile(self, lock: Lock, base: Base) -> str: ...
