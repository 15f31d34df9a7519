"""Models that have a container before anybody asks."""

from datetime import datetime
from typing import Protocol

from registry.domain.warmth import Warmth


class KeptWarm(Protocol):
    """Which models have a container before anybody asks."""

    def of(self, model: str) -> Warmth: ...

    def keep(self, model: str, hours: str | None, limit: int) -> None:
        """Raises TooManyKept when `limit` others are kept."""
        ...

    def let_go(self, model: str) -> None: ...

    def versions(self, at: datetime) -> list[str]:
        """The ids of what to keep warm at that moment: of each model `production`, else the newest ready version."""
        ...
