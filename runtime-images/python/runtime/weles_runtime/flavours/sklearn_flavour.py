"""scikit-learn's estimators. A DataFrame goes in if the model was fitted with one, else a 2-D array."""

from weles_runtime import answers
from weles_runtime.flavours import python_flavour
from weles_runtime.flavours.python_flavour import load, modes  # noqa: F401

_FEATURE_NAMES_SINCE = (1, 0)


def predict(model, table, mode):
    """As `python_flavour.predict`; before 1.0 scikit-learn did not note names, but its pipelines may need them."""
    if getattr(model, "feature_names_in_", None) is None and _version() < _FEATURE_NAMES_SINCE and mode in modes(model):
        given = python_flavour.argument(table, None, as_frame=True)
        if mode == "prob":
            return answers.probabilities(model.predict_proba(given), getattr(model, "classes_", None), table.rows)
        return answers.exact(model.predict(given), table.rows)
    return python_flavour.predict(model, table, mode)


def _version():
    import sklearn

    return tuple(int(part) for part in sklearn.__version__.split(".")[:2])
