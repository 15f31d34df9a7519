"""Dates and times as text: ISO 8601, the forms that JSON and CSV have in use, and no others."""

import re
from datetime import UTC, date, datetime

from registry.tables.packing import Misfit

DATE_PATTERN = r"\d{4}-\d{2}-\d{2}"
TIMESTAMP_PATTERN = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6}(000)?)?)?(Z|[+-]\d{2}(:?\d{2})?)?"
_DATE = re.compile(DATE_PATTERN, re.ASCII)
_TIMESTAMP = re.compile(TIMESTAMP_PATTERN, re.ASCII)


def parse_date(text: str) -> date:
    """A date "YYYY-MM-DD". Raises Misfit."""
    if not _DATE.fullmatch(text):
        raise Misfit("date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misfit("date") from None


def parse_timestamp(text: str) -> datetime:
    """A date and time, with zone when the text has an offset; at most microseconds (or zeros beyond). Raises Misfit."""
    if not _TIMESTAMP.fullmatch(text):
        raise Misfit("timestamp")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Misfit("timestamp") from None


def format_timestamp(value: datetime) -> str:
    """ISO 8601; with zone in UTC and "Z", so that it needs no time zone database to be exact."""
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
