"""Histograms: bins of one width between two numbers, and how many numbers are in each."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_BINS = 20


def edges(lowest: float, highest: float) -> list[float]:
    """The edges of 20 bins, one more than there are bins; of one bin where floats do not tell more edges apart.

    A bin holds its lower edge and not its upper one; the last holds both.
    """
    # Neither the difference nor a product of these may leave the range of floats.
    found = [lowest * (1 - step / _BINS) + highest * (step / _BINS) for step in range(_BINS + 1)]
    found[0], found[-1] = lowest, highest
    return found if all(low < high for low, high in pairwise(found)) else [lowest, highest]


def whole_edges(lowest: int, highest: int) -> list[int]:
    """The edges of up to 20 bins for whole numbers, as `edges`; all bins hold the same number of these."""
    width = -(-(highest - lowest + 1) // _BINS)
    return [*range(lowest, highest + 1, width), lowest + -(-(highest - lowest + 1) // width) * width]


class Histogram:
    """Counts numbers between its edges."""

    def __init__(self, bin_edges: Sequence[float]) -> None:
        self.edges = bin_edges
        self.counts = [0] * (len(bin_edges) - 1)
        self._inner: Any = pa.array(map(float, bin_edges[1:-1]), pa.float64()).to_numpy()

    def update(self, numbers: pa.Array) -> None:
        """The next numbers, float64, all between the first edge and the last."""
        places = self._inner.searchsorted(numbers.to_numpy(zero_copy_only=False), side="right")
        for each in pc.value_counts(pa.array(places)).to_pylist():
            self.counts[each["values"]] += each["counts"]
