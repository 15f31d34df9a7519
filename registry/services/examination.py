"""The doctor, in the worker: a few examinations at once, each compared with the environments that are ready."""

import threading
from collections.abc import Mapping

from builders.bases import Base
from builders.doctor import examine
from builders.errors import BaseInTheMaking
from builders.errors import BuilderUnavailable as EngineUnavailable
from builders.identity import Recipe
from builders.lock import Lock
from builders.report import SilentReport
from builders.spec import EnvironmentSpec
from registry.domain.entities import Json
from registry.domain.errors.families import LakeError
from registry.domain.errors.lake import BuilderUnavailable, LakeBusy, RuntimeNotReady
from registry.domain.ports.environments import Environments
from registry.domain.ports.images import ImageBuilder

AT_ONCE = 3
COMPARED = 200
SECONDS = 100.0


class Examination:
    """The `Doctor` port, in the process that holds the builder. `builder` should give up after SECONDS, and not
    wait for an image with compilers: who asks is told to ask again."""

    def __init__(self, builder: ImageBuilder, environments: Environments, recipes: Mapping[str, Recipe]) -> None:
        self._builder = builder
        self._environments = environments
        self._recipes = recipes
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def examine(self, spec: EnvironmentSpec, base: Base) -> Json:
        if not self._room.acquire(blocking=False):
            raise LakeBusy("As many environments are being examined as this lake can at once.")
        try:
            known = {each: Lock.from_json(lock) for each, lock in self._environments.ready(COMPARED).items()}
            recipe = self._recipes[base.language]
            return examine(self._builder, spec, base, recipe, SilentReport(), known).to_json()
        except EngineUnavailable as error:
            raise unavailable(error) from error
        finally:
            self._room.release()


def unavailable(error: EngineUnavailable) -> LakeError:
    """The builder's error in the lake's words, with what a log has shown of it."""
    if isinstance(error, BaseInTheMaking):
        return RuntimeNotReady(f"{error.language} {error.version}", error.detail)
    return BuilderUnavailable(error.reason, None if error.diagnosis is None else error.diagnosis.to_json())
