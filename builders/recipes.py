"""Where the runtimes are, and the recipe that each makes (I/O: reads the runtime's files)."""

from pathlib import Path

from builders.context import runtime_digest
from builders.identity import RECIPE_NAMES, Recipe

RUNTIME_IMAGES = Path(__file__).resolve().parents[1] / "runtime-images"


def runtime_folder(language: str = "python", images: Path = RUNTIME_IMAGES) -> Path:
    """The folder that is copied into every image of a language."""
    return images / language / "runtime"


def recipe_of(language: str = "python", images: Path = RUNTIME_IMAGES) -> Recipe:
    """How images of a language are made now. Raises FileNotFoundError when it has no runtime."""
    return Recipe(RECIPE_NAMES[language], runtime_digest(runtime_folder(language, images)))
