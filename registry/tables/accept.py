"""Which of several media types an Accept header prefers (RFC 9110 §12.5.1)."""

from collections.abc import Sequence
from functools import lru_cache

from registry.domain.errors.invalid import NotAcceptable


@lru_cache(256)
def best(accepted: str | None, available: tuple[str, ...]) -> str:
    """The available type of highest quality; among equals the first. No header accepts all. Raises NotAcceptable."""
    if accepted is None or not accepted.strip():
        return available[0]
    ranges = [_parse(each) for each in accepted.split(",") if each.strip()]
    quality, name = max(((_quality(name, ranges), name) for name in available), key=lambda pair: pair[0])
    if quality <= 0:
        raise NotAcceptable(accepted[:200], available)
    return name


def _parse(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                quality = min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                quality = 0.0
    return name, quality


def _quality(name: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The most specific range that covers the type decides."""
    for pattern in (name, name.split("/")[0] + "/*", "*/*"):
        for covered, quality in ranges:
            if covered == pattern:
                return quality
    return 0.0
