"""When a model is kept warm: always, or within hours of the day. (pure)"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from registry.domain.errors.invalid import InvalidRequest

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Warmth:
    """`min_warm` containers (0 or 1) of what callers of the model get; `hours` of UTC as 07:00-19:00, None: always."""

    min_warm: int
    hours: str | None


def check_hours(hours: str) -> str:
    """The hours, if they can be read. Raises InvalidRequest."""
    if not _HOURS.fullmatch(hours):
        problem = {
            "field": "hours",
            "reason": "two times of the day, as 07:00-19:00 or 22:00-06:00",
        }
        raise InvalidRequest(f"{hours[:100]!r} are no hours of the day.", problems=[problem])
    return hours


def is_wanted(hours: str | None, at: datetime) -> bool:
    """The moment is within the hours; their end is not. Equal times are the whole day."""
    if hours is None:
        return True
    moment = at.astimezone(UTC)
    minute = moment.hour * 60 + moment.minute
    begin, end = (int(each[:2]) * 60 + int(each[3:]) for each in hours.split("-"))
    return begin <= minute < end if begin < end else not end <= minute < begin or begin == end
