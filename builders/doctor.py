"""The doctor: resolves an environment as a build would, and says what that build would take. Nothing is built."""

from collections.abc import Mapping
from typing import Protocol

from builders.bases import Base
from builders.built_image import BuiltImage
from builders.errors import BuildFailed
from builders.identity import Recipe, environment_id
from builders.lock import Lock, Resolution
from builders.packages import Missing
from builders.report import BuildReport
from builders.spec import EnvironmentSpec
from builders.verdict import Verdict, nearest


class Examinable(Protocol):
    """What the doctor asks of an image builder: `builders.docker_builder.DockerBuilder` says how."""

    def resolve(self, spec: EnvironmentSpec, base: Base, report: BuildReport) -> Resolution: ...

    def missing(self, lock: Lock) -> Missing: ...

    def exists(self, environment_id: str) -> BuiltImage | None: ...


def examine(
    builder: Examinable,
    spec: EnvironmentSpec,
    base: Base,
    recipe: Recipe,
    report: BuildReport,
    known: Mapping[str, Lock] | None = None,
) -> Verdict:
    """The verdict on a specification, compared with the environments that are there already (id → lock).

    An environment that cannot be resolved is a verdict too. Raises BuilderUnavailable.
    """
    try:
        resolution = builder.resolve(spec, base, report)
    except BuildFailed as error:
        return Verdict(base, diagnosis=error.diagnosis)
    lock = resolution.lock
    identity = environment_id(lock, base, recipe)
    image = builder.exists(identity)
    missing = builder.missing(lock)
    return Verdict(
        base,
        environment=identity,
        lock=lock,
        repairs=resolution.repairs,
        to_download=missing.files,
        to_compile=missing.compiled,
        image_bytes=None if image is None else image.bytes,
        shares=nearest(lock, {each: other for each, other in (known or {}).items() if each != identity}),
    )
