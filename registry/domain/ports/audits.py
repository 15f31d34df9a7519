"""Measures that were computed, kept."""

from collections.abc import Sequence
from typing import Protocol

from registry.domain.entities import Audit, NewAudit, User


class Audits(Protocol):
    """Measures of versions on datasets; each is kept once per version, dataset, target and measure."""

    def add(self, audits: Sequence[NewAudit]) -> None:
        """What is there already is left as it is."""
        ...

    def of_version(self, version_id: str, dataset_hash: str, target: str) -> list[Audit]: ...

    def visible(
        self,
        viewer: User | None,
        *,
        version_id: str | None = None,
        dataset_hash: str | None = None,
        measure: str | None = None,
    ) -> list[Audit]:
        """Those of models and on datasets that `viewer` may see (None: a caller without a token)."""
        ...
