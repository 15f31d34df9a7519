"""Explanations with their plots, kept."""

from collections.abc import Mapping
from typing import Protocol

from registry.domain.entities import Explanation


class Explanations(Protocol):
    def add(self, explanation: Explanation, plots: Mapping[str, bytes]) -> None:
        """Keep it with its plots by media type; one that is there already is left as it is."""
        ...

    def get(self, explanation_id: str) -> Explanation:
        """Raises NotFound."""
        ...

    def of_version(self, version_id: str, owner_id: int) -> list[Explanation]:
        """Those that the owner has asked for, the newest first."""
        ...

    def plot(self, explanation_id: str, media_type: str) -> bytes:
        """Raises NotFound."""
        ...

    def plot_script(self, version: str | None = None) -> bytes | None:
        """What the browser draws plots with, of that version, or the newest; None when it is not kept."""
        ...

    def add_plot_script(self, version: str, content: bytes) -> None: ...
