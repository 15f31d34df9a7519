"""What a model gave → a wire table: typed columns, as many rows as were asked about."""

from datetime import date, datetime

from weles_runtime import values
from weles_runtime.errors import NotAPrediction
from weles_runtime.frames import Column, Table

_INT64 = (-(2 ** 63), 2 ** 63 - 1)


def exact(given, rows):
    """The table of a prediction: column "prediction", or prediction_0, prediction_1 … when there are several.

    `given`: a list, an array of 1 or 2 dimensions, a pandas Series or DataFrame. Raises NotAPrediction.
    """
    names = None
    if type(given).__name__ == "DataFrame" and hasattr(given, "columns"):
        names = [str(name) for name in given.columns]
        columns = [given.iloc[:, position] for position in range(len(names))]
    else:
        columns = _columns(given)
    if names is None or len(names) == 1:
        names = ["prediction"] if len(columns) == 1 else ["prediction_%d" % each for each in range(len(columns))]
    return _table(names, columns, rows)


def probabilities(given, classes, rows):
    """The table of class probabilities: one float64 column per class, named by its label.

    A model of several targets gives a list of arrays, and a list of classes for each: names are "target:class" then.
    """
    if isinstance(given, list) and given and getattr(given[0], "ndim", 0) == 2:
        names, columns = [], []
        for target, (each, labels) in enumerate(zip(given, classes or [None] * len(given))):
            parts = _columns(each)
            columns += parts
            names += ["%d:%s" % (target, label) for label in labels_of(labels, len(parts))]
    else:
        columns = _columns(given)
        names = labels_of(classes, len(columns))
    return _table(names, [[float(value) for value in column] for column in columns], rows)


def labels_of(classes, count):
    """Class labels as text; 0, 1, … when the model does not say its classes or says another number of them."""
    labels = [] if classes is None else [str(_plain(label)) for label in classes]
    return labels if len(labels) == count == len(set(labels)) else [str(each) for each in range(count)]


def column(name, given):
    """The typed column of one-dimensional values: by the array's dtype, or by what is in a list."""
    dtype = getattr(given, "dtype", None)
    # pandas has dtypes of its own, with nulls that an array cannot hold.
    kind = dtype.kind if type(dtype).__module__.startswith("numpy") else "O"
    if kind == "b":
        return Column({"name": name, "type": "bool"}, _bytes(given, "u1"))
    if kind in "iu" and dtype.itemsize < (4 if kind == "u" else 8):
        return Column({"name": name, "type": "int32"}, _bytes(given, "<i4"))
    if kind == "i" or (kind == "u" and dtype.itemsize < 8):
        return Column({"name": name, "type": "int64"}, _bytes(given, "<i8"))
    if kind == "f":
        return Column({"name": name, "type": "float64"}, _bytes(given, "<f8"))
    if kind == "M":
        return _times(name, given)
    if _is_text_category(dtype):
        return _category(name, given)
    if getattr(dtype, "tz", None) is not None:
        return _moments(name, given)
    return _from_objects(name, [_plain(value) for value in given])


def _table(names, columns, rows):
    built = [column(name, each) for name, each in zip(names, columns)]
    counts = {len(each) for each in columns}
    if counts - {rows} or len(set(names)) != len(names) or not names:
        raise NotAPrediction("the model gave {} answers for {} rows".format(sorted(counts), rows))
    return Table(rows, built)


def _columns(given):
    """One-dimensional parts of a prediction of one or two dimensions."""
    if hasattr(given, "toarray"):
        given = given.toarray()
    if hasattr(given, "dtype") and hasattr(given, "ndim"):
        if given.ndim == 2:
            return [given[:, position] for position in range(given.shape[1])]
        if given.ndim != 1:
            raise NotAPrediction("the model gave an array of {} dimensions".format(given.ndim))
        return [given]
    try:
        rows = list(given)
    except TypeError:
        raise NotAPrediction("the model gave a {}, not a value per row".format(type(given).__name__)) from None
    if rows and all(isinstance(row, (list, tuple)) or getattr(row, "ndim", 0) == 1 for row in rows):
        if len({len(row) for row in rows}) != 1:
            raise NotAPrediction("the model gave rows of unequal lengths")
        return [list(part) for part in zip(*rows)]
    return [rows]


def _bytes(array, dtype):
    import numpy

    return numpy.ascontiguousarray(array, dtype=dtype).data.cast("B") if len(array) else b""


def _times(name, given):
    import numpy

    times = numpy.asarray(given).astype("datetime64[us]")
    nulls = numpy.isnat(times)
    microseconds = times.astype("<i8")
    microseconds[nulls] = 0
    validity = _bytes(~nulls, "u1") if nulls.any() else None
    return Column({"name": name, "type": "timestamp"}, _bytes(microseconds, "<i8"), None, validity)


def _moments(name, given):
    """A column of pandas' times with a zone, a Series or an array."""
    import pandas

    moments = pandas.DatetimeIndex(given)
    found = _times(name, moments.tz_convert("UTC").tz_localize(None).to_numpy())
    zone = getattr(moments.tz, "key", None) or getattr(moments.tz, "zone", None) or "UTC"
    return found._replace(field=dict(found.field, zone=zone))


def _is_text_category(dtype):
    categories = getattr(dtype, "categories", None)
    return categories is not None and all(isinstance(each, str) for each in categories)


def _category(name, given):
    """A categorical column of pandas, a Series or a Categorical."""
    codes = getattr(given, "cat", given).codes
    field = {"name": name, "type": "categorical", "levels": [*given.dtype.categories]}
    if given.dtype.ordered:
        field["ordered"] = True
    present = codes >= 0
    validity = None if present.all() else _bytes(present, "u1")
    return Column(field, _bytes(codes, "<i4"), None, validity)


def _from_objects(name, objects):
    present = [value for value in objects if value is not None]
    floats = [value for value in present if type(value) is float]
    others = [value for value in present if type(value) is not float]
    numbers = any(isinstance(value, int) and not isinstance(value, bool) for value in others)
    if others and floats and all(value != value for value in floats) and not numbers:
        # Among texts, dates or truth values, NaN is how pandas writes null.
        objects = [None if type(value) is float else value for value in objects]
        present = others
    field = {"name": name}
    if present and _all(present, bool):
        field["type"] = "bool"
    elif present and _all(present, int) and not any(type(value) is bool for value in present):
        field["type"] = "int64"
        if min(present) < _INT64[0] or max(present) > _INT64[1]:
            raise NotAPrediction("the model gave a whole number beyond 64 bits")
    elif present and all(type(value) in (int, float) for value in present):
        field["type"] = "float64"
    elif present and _all(present, datetime) and len({value.tzinfo is None for value in present}) == 1:
        field["type"] = "timestamp"
        if present[0].tzinfo is not None:
            field["zone"] = "UTC"
    elif present and _all(present, date) and not any(isinstance(value, datetime) for value in present):
        field["type"] = "date"
    else:
        field["type"] = "string"
        objects = [None if value is None else str(value) for value in objects]
    return values.from_values(field, objects)


def _all(objects, kind):
    return all(isinstance(value, kind) for value in objects)


def _plain(value):
    """A numpy scalar as Python's own; the several nulls of pandas as None."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
