"""Mean and standard deviation of numbers that come in parts."""

import math

import pyarrow as pa
import pyarrow.compute as pc


class Moments:
    """Joins the parts' moments as Chan, Golub and LeVeque do: nothing is lost when the mean is large."""

    def __init__(self) -> None:
        self.count = 0
        self._mean = 0.0
        self._squares = 0.0

    def update(self, numbers: pa.Array) -> None:
        """The next numbers: float64, finite, at least one."""
        count = len(numbers)
        mean = pc.mean(numbers).as_py()
        squares = pc.variance(numbers).as_py() * count
        total = self.count + count
        apart = mean - self._mean
        self._mean += apart * count / total
        self._squares += squares + apart * apart * self.count * count / total
        self.count = total

    @property
    def mean(self) -> float | None:
        """None without numbers, and where it is too large for a float."""
        return self._mean if self.count and math.isfinite(self._mean) else None

    @property
    def deviation(self) -> float | None:
        """Of a sample: the squares are divided by one less than there are numbers. None for fewer than two."""
        if self.count < 2:
            return None
        found = math.sqrt(self._squares / (self.count - 1)) if math.isfinite(self._squares) else math.inf
        return found if math.isfinite(found) else None
