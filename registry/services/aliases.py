"""Aliases: movable names of versions, such as `production`."""

from registry.domain.entities import Alias, AliasMove, User
from registry.domain.errors.invalid import InvalidRequest
from registry.domain.errors.state import NotFound
from registry.domain.ports.aliases import Aliases
from registry.domain.ports.jobs import Jobs
from registry.domain.ports.models import Models
from registry.domain.version_ref import LATEST_NAME, VersionRef, is_alias
from registry.services.predict import require_ready


class AliasService:
    """`expected` guards a move: the number where the alias must be now, 0 for nowhere; None for wherever it is."""

    def __init__(self, aliases: Aliases, models: Models, jobs: Jobs) -> None:
        self._aliases = aliases
        self._models = models
        self._jobs = jobs

    def of_model(self, model: str) -> list[Alias]:
        """Raises NotFound, Deleted."""
        self._models.model(model)
        return self._aliases.of_model(model)

    def get(self, model: str, alias: str) -> Alias:
        """Raises NotFound, Deleted."""
        for found in self.of_model(model):
            if found.name == alias:
                return found
        raise NotFound("alias", f"{model}@{alias[:100]}", next="GET the model shows its aliases.")

    def put(self, by: User, model: str, alias: str, ref: VersionRef, expected: int | None = None) -> Alias:
        """Make the alias, or move it. Whoever calls the model by it must find it usable: the version must be ready.

        Raises InvalidRequest, NotFound, Deleted, AliasMoved, EnvironmentNotReady, ModelNotUsable.
        """
        if not is_alias(alias):
            problem = {"field": "alias", "reason": f"a letter, then letters, digits, . _ -; not `{LATEST_NAME}`"}
            raise InvalidRequest(f"{alias[:100]!r} cannot be an alias.", problems=[problem])
        version = self._models.version(model, ref)
        require_ready(version, self._jobs)
        return self._aliases.put(model, alias, version, by, expected)

    def remove(self, by: User, model: str, alias: str, expected: int | None = None) -> None:
        """Raises NotFound, Deleted, AliasMoved."""
        self._models.model(model)
        self._aliases.remove(model, alias, by, expected)

    def moves(self, model: str, alias: str) -> list[AliasMove]:
        """The alias's history, oldest first; empty for one that never was."""
        return self._aliases.moves(model, alias)
