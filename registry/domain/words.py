"""Text as words to be searched for: the same on every database, because the lake takes it apart itself (pure)."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
# RandomForest is also random and forest; HTTPServer also http and server.
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LONGEST = 64


def words(text: str) -> list[str]:
    """The words of a text in their order: no case, no accents, what is in camel case also in its parts."""
    found: list[str] = []
    for word in _WORD.findall(_plain(text)):
        found.append(_folded(word))
        parts = _PARTS.findall(word)
        if len(parts) > 1:
            found += [_folded(part) for part in parts if len(part) > 1]
    return found


def query_words(text: str) -> list[str]:
    """The words that a query asks for, each once."""
    return [*dict.fromkeys(_folded(word) for word in _WORD.findall(_plain(text)))]


def _plain(text: str) -> str:
    if text.isascii():
        return text
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def _folded(word: str) -> str:
    return word.casefold()[:_LONGEST]
