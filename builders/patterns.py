"""Known ways to fail: what a log shows, what that means, what to do about it (pure)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from packaging.utils import canonicalize_name

# Begins at the beginning of a word and is bounded: logs of foreign code must not be able to make the search slow.
NAME = r"(?<![A-Za-z0-9._-])(?P<package>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?)"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One known way to fail. Templates may use the groups of `expression`; `normalise` is for names of packages.

    `because`: what may be behind it, and tells more; tried on the same log.
    """

    cause: str
    expression: re.Pattern[str]
    summary: str
    suggestion: str
    normalise: Callable[[str], str] = canonicalize_name
    because: tuple["Pattern", ...] = ()


def pattern(
    cause: str,
    expression: str,
    summary: str,
    suggestion: str,
    *,
    normalise: Callable[[str], str] = canonicalize_name,
    because: tuple[Pattern, ...] = (),
) -> Pattern:
    return Pattern(cause, re.compile(expression, re.IGNORECASE | re.MULTILINE), summary, suggestion, normalise, because)
