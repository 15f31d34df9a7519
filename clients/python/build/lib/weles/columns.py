"""One column: Python values ↔ JSON values, without losing a type on the way.

A column has one of the types bool, int32, int64, float64, string, categorical, date, timestamp. As JSON values, None is
NA, non-finite floats are "NaN", "Infinity", "-Infinity", dates and timestamps are ISO 8601 text (a timestamp with a
zone in UTC), categories their level's text. Every int64 is exact.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Union
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from weles.errors import InvalidInput

__all__ = ["Field", "JSONValue", "decode", "float_to_json", "infer", "misfit", "plain_values", "zone_info", "zone_name"]

JSONValue = Union[None, bool, int, float, str]
_KINDS = "one of bool, int64, float64, string, date, timestamp"


@dataclass(frozen=True)
class Field:
    """One column's name and type. `levels`, `ordered`: of a categorical; `zone`: of a timestamp, None when naive."""

    name: str
    type: str
    levels: tuple[str, ...] | None = None
    ordered: bool = False
    zone: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the lake writes it: optional keys only when they are set."""
        document: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.levels is not None:
            document["levels"] = list(self.levels)
        if self.ordered:
            document["ordered"] = True
        if self.zone is not None:
            document["zone"] = self.zone
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Field:
        """Raises KeyError when `name` or `type` is missing."""
        levels = document.get("levels")
        return cls(
            str(document["name"]),
            str(document["type"]),
            None if levels is None else tuple(str(level) for level in levels),
            bool(document.get("ordered", False)),
            document.get("zone"),
        )


def misfit(column: str, row: int, expected: str, got: Any) -> InvalidInput:
    """The error that names a place in the caller's table; rows count from 0."""
    return InvalidInput(
        f"The column {column!r} cannot be sent as it is.",
        next="Make the column one type throughout, with None for what is missing.",
        problems=[{"column": column, "row": row, "expected": expected, "got": f"{got!r:.80}"}],
    )


def infer(name: str, values: Sequence[Any], *, nan_is_na: bool = False) -> tuple[Field, list[JSONValue]]:
    """The field and the JSON values of a column of Python or NumPy values; all None is taken for string.

    Integers among floats become floats. `nan_is_na`: a NaN means a missing value, as in pandas.
    Raises InvalidInput, naming the row, for mixed kinds, kinds that no type can hold, and integers beyond 64 bits.
    """
    plain = [_plain(value, nan_is_na) for value in values]
    kind: str | None = None
    for row, value in enumerate(plain):
        if value is None:
            continue
        found = _kind(value)
        if found is None or not (kind in (None, found) or {kind, found} == {"int64", "float64"}):
            raise misfit(name, row, kind or _KINDS, values[row])
        kind = found if kind in (None, found) else "float64"
    if kind in ("int64", "float64"):
        _check_integers(name, plain, kind)
    write = _WRITERS[kind or "string"]
    zone = _common_zone(plain) if kind == "timestamp with zone" else None
    field = Field(name, (kind or "string").partition(" ")[0], zone=zone)
    return field, [None if value is None else write(value) for value in plain]


def decode(field: Field, values: Iterable[JSONValue]) -> list[Any]:
    """JSON values as Python's own: float, datetime.date, datetime.datetime (in the field's zone) …; NA stays None."""
    read: Callable[[Any], Any]
    if field.type == "float64":
        read = float
    elif field.type == "date":
        read = _date
    elif field.type == "timestamp":
        read = _timestamp_reader(field.zone)
    else:
        return list(values)
    texts: Iterable[Any] = values
    return [None if value is None else read(value) for value in texts]


def plain_values(values: Iterable[Any]) -> list[Any]:
    """`values` as a list; a NumPy array becomes a list of Python's own values, to the microsecond."""
    array: Any = values
    if getattr(getattr(array, "dtype", None), "kind", None) == "M" and str(array.dtype) == "datetime64[ns]":
        array = array.astype("datetime64[us]")  # tolist() of nanoseconds gives bare integers
    return list(array.tolist()) if hasattr(array, "tolist") else list(values)


def float_to_json(value: float) -> JSONValue:
    """`value`, or its name when JSON has no number for it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def zone_name(zone: datetime.tzinfo | None) -> str:
    """The IANA name of `zone`, or its offset, such as "+02:00"; "UTC" when it has neither."""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if isinstance(name, str):
        return name
    offset = zone.utcoffset(None) if zone is not None else None
    if not offset or offset.total_seconds() % 60:
        return "UTC"
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def zone_info(name: str) -> datetime.tzinfo:
    """The time zone of an IANA name or an offset; UTC, the same instants, when this machine does not know it."""
    if _OFFSET.fullmatch(name):
        hours, minutes = name[1:].split(":")
        offset = datetime.timedelta(hours=int(hours), minutes=int(minutes))
        return datetime.timezone(-offset if name[0] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.timezone.utc


def _plain(value: Any, nan_is_na: bool) -> Any:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # pandas' own, without importing pandas
        return None
    if type(value).__name__ == "datetime64":
        value = value.astype("datetime64[us]").item()
    elif hasattr(value, "dtype") and hasattr(value, "item") and not getattr(value, "shape", ()):
        value = value.item()
    return None if nan_is_na and isinstance(value, float) and math.isnan(value) else value


def _kind(value: Any) -> str | None:
    if isinstance(value, datetime.datetime):
        if getattr(value, "nanosecond", 0):
            return None
        return "timestamp" if value.tzinfo is None else "timestamp with zone"
    for python, kind in ((bool, "bool"), (int, "int64"), (float, "float64"), (str, "string"), (datetime.date, "date")):
        if isinstance(value, python):
            return kind
    return None


def _check_integers(name: str, plain: Sequence[Any], kind: str) -> None:
    for row, value in enumerate(plain):
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise misfit(name, row, "an integer of 64 bits", value)
        if kind == "float64" and isinstance(value, int) and int(float(value)) != value:
            raise misfit(name, row, "a number that float64 holds exactly, as the column has fractions", value)


def _common_zone(plain: Iterable[Any]) -> str:
    names = {zone_name(value.tzinfo) for value in plain if value is not None}
    return names.pop() if len(names) == 1 else "UTC"


def _utc_text(value: datetime.datetime) -> str:
    return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def _naive_text(value: datetime.datetime) -> str:
    return datetime.datetime.isoformat(value)


_WRITERS: Mapping[str, Callable[[Any], JSONValue]] = {
    "bool": bool,
    "int64": int,
    "float64": lambda value: float_to_json(float(value)),
    "string": str,
    "date": lambda value: str(value.isoformat()),
    "timestamp": _naive_text,
    "timestamp with zone": _utc_text,
}

_OFFSET = re.compile(r"[+-]\d{2}:\d{2}")
_FRACTION = re.compile(r"\.(\d{1,6})\d*")


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _timestamp_reader(zone: str | None) -> Callable[[str], datetime.datetime]:
    local = None if zone is None else zone_info(zone)

    def read(text: str) -> datetime.datetime:
        # Python before 3.11 reads neither "Z" nor a fraction of other than 3 or 6 digits.
        written = _FRACTION.sub(lambda found: "." + found[1].ljust(6, "0"), text.replace("Z", "+00:00"))
        moment = datetime.datetime.fromisoformat(written)
        return moment if local is None or moment.tzinfo is None else moment.astimezone(local)

    return read
