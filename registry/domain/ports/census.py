"""How much there is of everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Count:
    """One figure of the lake, `what` it is, and the (name, value) of what it is counted by."""

    name: str
    what: str
    labels: tuple[tuple[str, str], ...]
    figure: float


class Census(Protocol):
    def counts(self) -> Iterable[Count]:
        """How much of everything there is now."""
        ...
