"""Environments looked at before they are uploaded."""

from typing import Protocol

from builders.bases import Base
from builders.spec import EnvironmentSpec
from registry.domain.entities import Json


class Doctor(Protocol):
    """The worker's doctor, as the web process sees it: looks at an environment and builds nothing."""

    def examine(self, spec: EnvironmentSpec, base: Base) -> Json:
        """A verdict as `builders.verdict.Verdict.to_json` writes it.

        Raises LakeBusy, RuntimeNotReady and BuilderUnavailable.
        """
        ...
