"""A wire table → what a model of the Python world takes: a DataFrame, a 2-D array, or a list of rows."""

from weles_runtime import values
from weles_runtime.errors import RequestError

_NS_FIRST, _NS_LAST = -9223372036854775, 9223372036854775
"""Microseconds that fit in 64 bits of nanoseconds."""


def in_order(table, inputs):
    """The table with its columns as the manifest has them. Raises RequestError when they are others."""
    wanted = [field["name"] for field in inputs]
    found = {column.field["name"]: column for column in table.columns}
    if wanted and (set(wanted) != set(found) or len(table.columns) != len(wanted)):
        raise RequestError(
            "invalid_input",
            "the model takes the columns {}; got {}".format(", ".join(wanted)[:2000], ", ".join(found)[:2000]),
        )
    return table._replace(columns=[found[name] for name in wanted]) if wanted else table


def only(table, names):
    """The columns of these names, in this order; the table as it is when it has not all of them."""
    found = {column.field["name"]: column for column in table.columns}
    if not names or any(name not in found for name in names):
        return table
    return table._replace(columns=[found[name] for name in names])


def to_dataframe(table, pandas):
    """A pandas DataFrame: nulls as pandas has them, categoricals with all their levels, times as this pandas has them."""
    names = [column.field["name"] for column in table.columns]
    data = [_series(column, pandas) for column in table.columns]
    kinds = {getattr(each, "dtype", None) for each in data}
    if len(kinds) == 1 and kinds <= {"float64", "int64", "int32"}:
        # A frame of one block is made, and read by a model, several times faster than one of many.
        import numpy

        return pandas.DataFrame(numpy.array(data).T, columns=names)
    frame = pandas.DataFrame(dict(zip(names, data)), columns=names)
    return frame if table.columns else pandas.DataFrame(index=range(table.rows))


def to_array(table, numpy):
    """A 2-D array: float64 when all columns are numeric (null is NaN), otherwise object."""
    if all(column.field["type"] in ("bool", "int32", "int64", "float64") for column in table.columns):
        array = numpy.empty((table.rows, len(table.columns)), dtype=numpy.float64)
        for position, column in enumerate(table.columns):
            array[:, position] = _numbers(column, numpy)
            if column.validity is not None:
                array[_nulls(column, numpy), position] = numpy.nan
        return array
    array = numpy.empty((table.rows, len(table.columns)), dtype=object)
    for position, column in enumerate(table.columns):
        array[:, position] = [numpy.nan if value is None else value for value in values.to_values(column)]
    return array


def to_rows(table):
    """A list of rows, for an environment without numpy; null is None."""
    columns = [values.to_values(column) for column in table.columns]
    return [list(row) for row in zip(*columns)] if columns else [[] for _ in range(table.rows)]


def _series(column, pandas):
    """What a DataFrame takes for the column."""
    import numpy

    kind = column.field["type"]
    if kind == "categorical":
        codes = numpy.frombuffer(column.data, dtype="<i4")
        levels, ordered = column.field["levels"], bool(column.field.get("ordered"))
        return pandas.Categorical.from_codes(codes, categories=levels, ordered=ordered)
    if kind == "timestamp":
        return _times(column, pandas, numpy)
    if kind in ("string", "date") or (kind == "bool" and column.validity is not None):
        filled = [numpy.nan if value is None else value for value in values.to_values(column)]
        # Text of whatever dtype this pandas gives to text: object, or str since pandas 3.
        only_nulls = column.validity is not None and not any(bytes(column.validity))
        return filled if kind == "string" and filled and not only_nulls else _objects(filled, numpy)
    array = _numbers(column, numpy)
    if column.validity is not None:
        array = array.astype(numpy.float64)
        array[_nulls(column, numpy)] = numpy.nan
    return array


def _objects(filled, numpy):
    array = numpy.empty(len(filled), dtype=object)
    array[:] = filled
    return array


def _times(column, pandas, numpy):
    microseconds = numpy.frombuffer(column.data, dtype="<i8")
    times = microseconds.astype("datetime64[us]")
    if column.validity is not None:
        times[_nulls(column, numpy)] = numpy.datetime64("NaT")
    fits = not len(microseconds) or (microseconds.min() >= _NS_FIRST and microseconds.max() <= _NS_LAST)
    if int(pandas.__version__.split(".")[0]) < 3 and fits:
        times = times.astype("datetime64[ns]")
    series = pandas.Series(times)
    zone = column.field.get("zone")
    return series.dt.tz_localize("UTC").dt.tz_convert(zone) if zone else series


def _numbers(column, numpy):
    if column.field["type"] == "bool":
        return numpy.frombuffer(column.data, dtype="u1").astype(bool)
    return numpy.frombuffer(column.data, dtype={"int32": "<i4", "int64": "<i8", "float64": "<f8"}[column.field["type"]])


def _nulls(column, numpy):
    return numpy.frombuffer(column.validity, dtype="u1") == 0
