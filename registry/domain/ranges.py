"""Ranges as people write them in a search: `>1000;<10000;` of whole numbers, `>=3.9;<3.12` of versions (pure).

    range      = comparison *( ";" comparison ) [ ";" ]
    comparison = ( ">" | ">=" | "<" | "<=" | "=" ) value

All comparisons must hold. A version with fewer parts stands for all that begin with it: `=3.11` is every 3.11.x,
`>3.11` begins with 3.12, and 3.10 comes after 3.9.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

LARGEST = 2**63 - 1
_COMPARISON = re.compile(r"(?P<operator>>=|<=|>|<|=)")
_NUMBER = re.compile(r"[0-9]+")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_PARTS, _PART_BITS = 4, 15
_LARGEST_PART = 2**_PART_BITS - 1


class RangeError(ValueError):
    """A text that is no range: at `position` (from 0) something else was `expected`."""

    def __init__(self, text: str, position: int, expected: str) -> None:
        got = repr(text[position : position + 20]) if position < len(text) else "the end"
        super().__init__(f"At position {position} of {text[:80]!r}: expected {expected}, got {got}.")
        self.position = position
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Interval:
    """Whole numbers from `low` to `high`, both included; None is no bound. Nothing is in it when low > high."""

    low: int | None = None
    high: int | None = None

    def __contains__(self, number: int) -> bool:
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)

    def __and__(self, other: "Interval") -> "Interval":
        lows = [each for each in (self.low, other.low) if each is not None]
        highs = [each for each in (self.high, other.high) if each is not None]
        return Interval(max(lows, default=None), min(highs, default=None))


def number_range(text: str) -> Interval:
    """The whole numbers that a range covers. Raises RangeError."""
    return _parse(text, _NUMBER, "a whole number", lambda value: (int(value), int(value)))


def version_range(text: str) -> Interval:
    """The `version_key`s that a range covers. Raises RangeError."""
    return _parse(text, _VERSION, "a version such as 3.11", _series)


def version_key(version: str) -> int:
    """A number by which versions sort: 3.9 < 3.10 < 3.10.1. What comes after digits and dots does not count.

    Raises ValueError when it does not begin with a number.
    """
    found = _VERSION.match(version)
    if found is None:
        raise ValueError(f"{version[:50]!r} does not begin with a number")
    return _series(found[0])[0]


def _series(version: str) -> tuple[int, int]:
    """The keys of the first and of the last version that begin with this one."""
    parts = [min(int(part), _LARGEST_PART) for part in version.split(".")[:_PARTS]]
    missing = _PARTS - len(parts)
    first = last = 0
    for part in parts:
        first = last = (first << _PART_BITS) | part
    return first << (_PART_BITS * missing), ((last + 1) << (_PART_BITS * missing)) - 1


def _parse(text: str, value: re.Pattern[str], name: str, bounds: Callable[[str], tuple[int, int]]) -> Interval:
    interval, position = Interval(), 0
    while True:
        position = _skip(text, position)
        operator = _COMPARISON.match(text, position)
        if operator is None:
            raise RangeError(text, position, "one of > >= < <= =")
        position = _skip(text, operator.end())
        found = value.match(text, position)
        if found is None:
            raise RangeError(text, position, name)
        if len(found[0]) > 50:
            raise RangeError(text, position, f"{name} of at most 50 characters")
        interval &= _compared(operator[0], *bounds(found[0]))
        position = _skip(text, found.end())
        if position < len(text) and text[position] != ";":
            raise RangeError(text, position, "; or the end")
        position = _skip(text, position + 1)
        if position >= len(text):
            return interval


def _compared(operator: str, first: int, last: int) -> Interval:
    first, last = min(first, LARGEST), min(last, LARGEST)
    return {
        "=": Interval(first, last),
        ">": Interval(last + 1, None),
        ">=": Interval(first, None),
        "<": Interval(None, first - 1),
        "<=": Interval(None, last),
    }[operator]


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] == " ":
        position += 1
    return position
