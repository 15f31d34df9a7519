"""How full a disk may get: above the high mark something is given up, until it is below the low one (pure)."""

from dataclasses import dataclass
from typing import Self

from registry.domain.amounts import size

_APART = 0.9


@dataclass(frozen=True, slots=True)
class Disk:
    """In bytes. `free` is what may still be written: with `used` less than the whole, as file systems keep some."""

    used: int
    free: int

    @property
    def fraction(self) -> float:
        """Of what can be used, as `df` shows it."""
        return self.used / max(1, self.used + self.free)


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of the disk (`85%`) or so many used bytes (`200GB`)."""

    text: str
    fraction: float | None
    bytes: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        text = text.strip()
        if not text.endswith("%"):
            return cls(text, None, size(text))
        percent = float(text[:-1])
        if not 0 < percent < 100:
            raise ValueError(f"{text!r} is not between 0% and 100%")
        return cls(text, percent / 100, 0)

    def of(self, disk: Disk) -> int:
        """The used bytes at which the mark is."""
        return self.bytes if self.fraction is None else int(self.fraction * (disk.used + disk.free))

    def scaled(self, factor: float) -> "Mark":
        fraction = None if self.fraction is None else self.fraction * factor
        text = f"{int(self.bytes * factor)}" if fraction is None else f"{fraction * 100:g}%"
        return Mark(text, fraction, int(self.bytes * factor))


@dataclass(frozen=True, slots=True)
class Watermarks:
    high: Mark
    low: Mark

    @classmethod
    def parse(cls, high: str, low: str) -> Self | None:
        """None when there is no high mark: then nothing is watched. Without a low one it is a tenth below.

        Raises ValueError.
        """
        if not high.strip():
            if low.strip():
                raise ValueError("a low mark needs a high one")
            return None
        top = Mark.parse(high)
        bottom = Mark.parse(low) if low.strip() else top.scaled(_APART)
        if (top.fraction is None) != (bottom.fraction is None):
            raise ValueError(f"{high} and {low} must both be percentages or both be sizes")
        if (bottom.fraction or bottom.bytes) >= (top.fraction or top.bytes):
            raise ValueError(f"the low mark {low} is not below the high one {high}")
        return cls(top, bottom)

    def to_free(self, disk: Disk) -> int:
        """Bytes to be freed now: none below the high mark, down to the low one above it."""
        return disk.used - self.low.of(disk) if disk.used > self.high.of(disk) else 0
