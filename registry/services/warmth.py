"""Keeping a model warm: a container of it is up before anybody asks."""

from registry.domain.ports.models import Models
from registry.domain.ports.warmth import KeptWarm
from registry.domain.warmth import Warmth, check_hours


class WarmthService:
    """`limit`: how many models of the lake may be kept warm at the same time."""

    def __init__(self, kept: KeptWarm, models: Models, *, limit: int) -> None:
        self._kept = kept
        self._models = models
        self._limit = limit

    def of(self, model: str) -> Warmth:
        """Raises NotFound, Deleted."""
        self._models.model(model)
        return self._kept.of(model)

    def set(self, model: str, min_warm: int, hours: str | None) -> Warmth:
        """Raises NotFound, Deleted, InvalidRequest, TooManyKept."""
        self._models.model(model)
        if min_warm:
            self._kept.keep(model, None if hours is None else check_hours(hours), self._limit)
        else:
            self._kept.let_go(model)
        return self._kept.of(model)
