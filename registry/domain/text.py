"""Text that every database and every encoder can hold."""

from typing import Any


def storable(value: Any) -> Any:
    """JSON-ready data with every text made storable: no lone surrogates, which UTF-8 has not, and no NUL."""
    if isinstance(value, str):
        if value.isascii():
            return value.replace("\0", "\ufffd")
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {storable(key): storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value


def is_storable(text: str) -> bool:
    return bool(storable(text) == text)
