"""What an engine holds of a lake's images (pure data)."""

from dataclasses import dataclass
from datetime import datetime

from builders.prune import Image, Layer


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image of the lake. `environment` is None for one whose build was broken off before it was verified.

    `used_by`: names of the containers, running or not, that were made of it.
    """

    image_id: str
    environment: str | None
    name: str
    bytes: int
    built_at: datetime
    used_by: tuple[str, ...]
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """`images` are the lake's; `others` all other images of the engine, whose layers (without their
    sizes) are kept."""

    images: tuple[StoredImage, ...]
    others: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """`refused`: image id → why it is still there. `cached_bytes` could not be freed: the build cache needs them."""

    removed: tuple[str, ...]
    refused: dict[str, str]
    cached_bytes: int
