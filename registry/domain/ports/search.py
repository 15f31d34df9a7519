"""Models found by what they are."""

from typing import Protocol

from registry.domain.entities import User
from registry.domain.search import Found, Search


class SearchIndex(Protocol):
    def find(self, search: Search, viewer: User | None) -> Found:
        """A page of what fits, of the models that `viewer` may see (None: someone without a token).

        Raises InvalidRequest for a regular expression that cannot be read, or that takes too long.
        """
        ...

    def warm(self) -> None:
        """Read what the first question would else have to wait for."""
        ...
