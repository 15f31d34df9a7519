"""What a build gives (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An environment's image. `installed` is {normalised name: version} really found in it; `bytes` its size.

    `reference`: where the lake's registry has it (`repository@sha256:…`); None for a lake without a registry.
    `seconds` is what building it took; None when it was there already.
    """

    image_id: str
    tag: str
    installed: Mapping[str, str]
    bytes: int
    reference: str | None = None
    seconds: float | None = field(default=None, compare=False)
