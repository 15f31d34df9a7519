"""Environments, and the resolutions that lead to them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from registry.domain.entities import Environment, Json, Resolution


class Environments(Protocol):
    def resolution(self, key: str) -> Resolution: ...

    def retry_resolution(self, seen: Resolution) -> Resolution:
        """The resolution with its next attempt begun, by exactly one of those who have seen the same one."""
        ...

    def resolved(self, key: str, environment: Environment, repairs: Sequence[Json]) -> None:
        """Keep the environment (if it is new) and that the resolution led to it."""
        ...

    def resolution_failed(self, key: str, problem: Json) -> None: ...

    def environment(self, environment_id: str) -> Environment:
        """Raises NotFound."""
        ...

    def retry_environment(self, seen: Environment) -> Environment:
        """As `retry_resolution`: for one that failed, or whose image is gone."""
        ...

    def environment_is_ready(
        self,
        environment_id: str,
        *,
        image_id: str,
        tag: str,
        size: int,
        installed: Mapping[str, str],
        reference: str | None = None,
    ) -> None:
        """It has an image now; `reference` says where the lake's registry has it."""
        ...

    def environment_failed(self, environment_id: str, problem: Json) -> None: ...

    def ready(self, newest: int) -> dict[str, Json]:
        """Id → lock of the environments that have an image: of many, the newest."""
        ...

    def repairs(self, environment_id: str) -> list[Json]:
        """Every repair by which a specification came to be this environment."""
        ...
