"""When a model of scikit-learn can be given an array in the place of a DataFrame: several times faster for few rows.

Only for an estimator of scikit-learn itself that holds no other (a pipeline may choose columns by their names), only for
numbers, and only after the model has given the same answer, bit for bit, both ways.
"""

import warnings

from weles_runtime import inputs

_EXACT = 2 ** 53
_NUMBERS = ("float64", "int32", "bool")
# Of the same answer as for a DataFrame nobody must be warned.
_WARNING = "X does not have valid feature names"


class PlainArrays:
    """For one loaded model: `proven` is, by mode, whether both ways gave the same."""

    def __init__(self, model):
        self.possible = hasattr(model, "feature_names_in_") and _is_simple(model)
        self.proven = {}
        if self.possible:
            warnings.filterwarnings("ignore", message=_WARNING)

    def argument(self, table):
        """The array of the table's columns; None when it has not only numbers that an array holds exactly."""
        import numpy

        for column in table.columns:
            kind = column.field["type"]
            if kind == "int64":
                numbers = numpy.frombuffer(column.data, dtype="<i8")
                if len(numbers) and (numbers.min() <= -_EXACT or numbers.max() >= _EXACT):
                    return None
            elif kind not in _NUMBERS:
                return None
        return inputs.to_array(table, numpy)


def same(one, other):
    """Whether two wire tables are the same, bit for bit."""
    return one.rows == other.rows and len(one.columns) == len(other.columns) and all(map(_alike, one.columns, other.columns))


def _alike(one, other):
    return one.field == other.field and all(
        (a is None) == (b is None) and (a is None or bytes(a) == bytes(b))
        for a, b in ((one.data, other.data), (one.offsets, other.offsets), (one.validity, other.validity))
    )


def _is_simple(model):
    if not type(model).__module__.startswith("sklearn."):
        return False
    try:
        parameters = model.get_params(deep=True)
    except Exception:  # Of a model that cannot say what it is made of, nothing is believed.
        return False
    return not any(hasattr(value, "fit") or isinstance(value, (list, tuple)) for value in parameters.values())
