"""One wire column ↔ a list of Python values; null is None. Needs nothing but the standard library."""

from array import array
from datetime import date, datetime, timedelta, timezone

from weles_runtime.frames import Column

TYPECODES = {"bool": "B", "int32": "i", "int64": "q", "float64": "d", "categorical": "i", "date": "i", "timestamp": "q"}
_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)


def to_values(column):
    """bool, int, float, str (also of levels), date, datetime (in UTC when the column has a zone) or None, per row."""
    kind = column.field["type"]
    if kind == "string":
        text, offsets = bytes(column.data), numbers(column.offsets, "i")
        values = [text[start:stop].decode("utf-8") for start, stop in zip(offsets, offsets[1:])]
    else:
        values = numbers(column.data, TYPECODES[kind])
        if kind == "bool":
            values = [value != 0 for value in values]
        elif kind == "categorical":
            levels = column.field["levels"]
            values = [None if code < 0 else levels[code] for code in values]
        elif kind == "date":
            values = [date.fromordinal(days + _EPOCH_DAY) for days in values]
        elif kind == "timestamp":
            epoch = _EPOCH_UTC if column.field.get("zone") else _EPOCH
            values = [epoch + timedelta(microseconds=value) for value in values]
    if column.validity is None:
        return values
    return [value if valid else None for value, valid in zip(values, bytes(column.validity))]


def from_values(field, values):
    """The column of Python values as `to_values` gives them. Raises what a value of a wrong type raises."""
    kind = field["type"]
    validity = bytes(value is not None for value in values) if any(value is None for value in values) else None
    if kind == "string":
        encoded = [b"" if value is None else value.encode("utf-8", "replace") for value in values]
        offsets, end = array("i", [0]), 0
        for each in encoded:
            end += len(each)
            offsets.append(end)
        return Column(field, b"".join(encoded), offsets, validity)
    if kind == "categorical":
        codes = {level: code for code, level in enumerate(field["levels"])}
        return Column(field, array("i", [-1 if value is None else codes[value] for value in values]), None, validity)
    if kind == "date":
        values = [None if value is None else value.toordinal() - _EPOCH_DAY for value in values]
    elif kind == "timestamp":
        epoch = _EPOCH_UTC if field.get("zone") else _EPOCH
        values = [None if value is None else (value - epoch) // _MICROSECOND for value in values]
    return Column(field, array(TYPECODES[kind], [0 if value is None else value for value in values]), None, validity)


def numbers(buffer, code):
    """The buffer's numbers of that type code, as a list."""
    return memoryview(buffer).cast("B").cast(code).tolist() if len(buffer) else []
