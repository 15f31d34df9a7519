"""scikit-learn's estimators. A DataFrame goes in if the model was fitted with one, else a 2-D array."""

from weles_runtime import inputs
from weles_runtime.flavours import python_flavour
from weles_runtime.flavours.plain_arrays import PlainArrays, same
from weles_runtime.flavours.python_flavour import load, modes  # noqa: F401

_plain = {}  # The one model of this runtime → its PlainArrays.


def predict(model, table, mode):
    """As `python_flavour.predict`; before 1.0 scikit-learn did not note names, but its pipelines may need them."""
    import sklearn

    old = sklearn.__version__.startswith("0.")
    plain = _plain.get(id(model))
    if plain is None:
        plain = _plain[id(model)] = PlainArrays(model)
    if old or not plain.possible or plain.proven.get(mode) is False:
        return python_flavour.predict(model, table, mode, always_frame=old)
    array = plain.argument(inputs.only(table, [str(name) for name in model.feature_names_in_]))
    if array is None:
        return python_flavour.predict(model, table, mode)
    if plain.proven.get(mode):
        return python_flavour.call(model, array, mode, table.rows)
    predicted = python_flavour.predict(model, table, mode)
    try:
        plain.proven[mode] = same(predicted, python_flavour.call(model, array, mode, table.rows))
    except Exception:  # It does not take an array: then it gets none.
        plain.proven[mode] = False
    return predicted
