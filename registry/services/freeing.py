"""Stored bytes that nothing in the database needs: found, and freed; safe beside uploads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from registry.domain.entities import now
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.deletion import Deletions

# An upload puts its bytes first and says who needs them when all are there: so long it may take for that.
YOUNG = timedelta(hours=1)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Freed:
    """`contents` with their `bytes`; `half_written` bytes were left by uploads that were broken off."""

    contents: int
    bytes: int
    half_written: int


class Freeing:
    """What is needed is looked up after what is old was listed, and what has been put again since then stays:

    an upload cannot lose what it has just put. It may be broken off at any point, and be run by several at once.
    """

    def __init__(self, deletions: Deletions, blobs: Blobs, young: timedelta = YOUNG) -> None:
        self._deletions = deletions
        self._blobs = blobs
        self._young = young

    def free(self, *, really: bool = True) -> Freed:
        """Free what nothing needs, or (not `really`) only count it."""
        before = now() - self._young
        contents = count = 0
        for batch in self._batches(self._blobs.put_before(before)):
            for digest in set(batch) - self._deletions.referenced(batch):
                size = self._blobs.size(digest)
                if not really or self._blobs.delete(digest, put_before=before):
                    contents, count = contents + 1, count + size
        return Freed(contents, count, self._blobs.sweep(before, really=really))

    @staticmethod
    def _batches(digests: Iterator[str]) -> Iterator[list[str]]:
        while batch := [*islice(digests, _AT_ONCE)]:
            yield batch
