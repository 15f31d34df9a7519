"""Sizes, spans of time and moments as operators write and read them (pure)."""

import re
from datetime import datetime, timedelta

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?", re.IGNORECASE)
_SPAN = re.compile(r"(\d+(?:\.\d+)?) ?([smhdw])", re.IGNORECASE)


def size(text: str) -> int:
    """Bytes of `20GB`, `1.5 TiB`, `500M` or a bare number. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None or (found[3] and not found[2]):
        raise ValueError(f"{text!r} is not a size such as 20GB, 500MB or 1.5TiB")
    units = _BINARY if found[3] else _UNITS
    return int(float(found[1]) * units[found[2].lower()])


def span(text: str) -> timedelta:
    """`30d`, `12h`, `90m`, `2w`. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a span of time such as 30d, 12h or 2w")
    return timedelta(seconds=float(found[1]) * _SPANS[found[2].lower()])


def size_text(count: int) -> str:
    """`1.2 GB`, with about three digits."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(amount) < 999.5 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.95 else f"{amount:.1f} {unit}"


def span_text(seconds: float) -> str:
    """`8 s`, `3 min`, `5 h`, `12 d`."""
    for limit, unit, divisor in ((120, "s", 1), (7200, "min", 60), (172800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / divisor:.0f} {unit}"
    return f"{seconds / 86400:.0f} d"


def moment_text(moment: datetime | None) -> str:
    """To the minute; `-` for never."""
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M")
