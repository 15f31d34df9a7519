"""What people write about a model, and may rewrite: its description, its tags, its card. Versions never change."""

from registry.domain.entities import Model
from registry.domain.ports.models import Models


class ModelTexts:
    """Texts that belong to a model's name. A card is Markdown, kept and given as it was written."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def get(self, name: str) -> Model:
        """Raises NotFound, Deleted."""
        return self._models.model(name)

    def edit(
        self, name: str, *, description: str | None = None, tags: list[str] | None = None, card: str | None = None
    ) -> Model:
        """Set what is given; from then on uploads leave description and tags as they are. Raises NotFound, Deleted."""
        self._models.edit(name, description=description, tags=tags, card=card)
        return self._models.model(name)
