"""How a version of a model is named: by its number, by an alias, by the hash of its content, or as `latest` (pure)."""

import re
from dataclasses import dataclass
from typing import Self

LATEST_NAME = "latest"
LARGEST_NUMBER = 2**31 - 1
HASH = re.compile(r"sha256:[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,10}")
# Begins with a letter, so that it is never taken for a number; no colon, so that it is never taken for a hash.
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")
FORMS = "a number from 1, an alias, `latest`, or a version's hash (sha256: and 64 hex digits)"


@dataclass(frozen=True, slots=True)
class VersionRef:
    """One of the three is set; none of them is `latest`: the newest version that is ready, or else the newest."""

    number: int | None = None
    alias: str | None = None
    content_hash: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, saying what is allowed."""
        if text == LATEST_NAME:
            return cls()
        if HASH.fullmatch(text):
            return cls(content_hash=text)
        if _NUMBER.fullmatch(text) and 1 <= int(text) <= LARGEST_NUMBER:
            return cls(number=int(text))
        if _ALIAS.fullmatch(text):
            return cls(alias=text)
        raise ValueError(f"{text[:80]!r} names no version: give {FORMS}")

    def __str__(self) -> str:
        return self.alias or self.content_hash or (LATEST_NAME if self.number is None else str(self.number))


LATEST = VersionRef()


def is_alias(text: str) -> bool:
    """May a version be given this name? `latest` is nobody's to give."""
    return _ALIAS.fullmatch(text) is not None and text != LATEST_NAME
