"""Movable names of versions."""

from typing import Protocol

from registry.domain.entities import Alias, AliasMove, ModelVersion, User


class Aliases(Protocol):
    """Movable names of versions. Where `expected` is given, the alias must be at that number now (0: not there)."""

    def of_model(self, model: str) -> list[Alias]: ...

    def put(self, model: str, alias: str, version: ModelVersion, by: User, expected: int | None = None) -> Alias:
        """Make the alias, or move it. Raises AliasMoved, Deleted."""
        ...

    def remove(self, model: str, alias: str, by: User, expected: int | None = None) -> None:
        """Raises NotFound, AliasMoved."""
        ...

    def moves(self, model: str, alias: str) -> list[AliasMove]:
        """The alias's history, oldest first."""
        ...
