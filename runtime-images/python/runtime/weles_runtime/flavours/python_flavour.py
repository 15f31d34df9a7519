"""Any object with a `predict`: called with a DataFrame if it has `feature_names_in_`, else with a 2-D array.

Without pandas or numpy in its environment, it is called with a list of rows. `predict_proba` and `classes_` are used
where the object has them.
"""

from weles_runtime import answers, inputs, model_file
from weles_runtime.errors import RequestError


def load(manifest):
    """The model, with what its first prediction needs imported."""
    model = model_file.load(manifest.path, manifest.format)
    _import("numpy")
    if hasattr(model, "feature_names_in_"):
        _import("pandas")
    return model


def modes(model):
    return ["exact", "prob"] if hasattr(model, "predict_proba") else ["exact"]


def predict(model, table, mode, always_frame=False):
    """The table of predictions. Raises RequestError for a mode that the model has not, and whatever the model raises."""
    if mode not in modes(model):
        able = " and ".join(modes(model))
        raise RequestError("unsupported_mode", "the model cannot do mode {!r}; it can do {}".format(mode, able))
    names = getattr(model, "feature_names_in_", None)
    return call(model, _argument(table, names, always_frame or names is not None), mode, table.rows)


def call(model, given, mode, rows):
    """The table of predictions for an argument as the model takes it. Raises whatever the model raises."""
    if mode == "prob":
        return answers.probabilities(model.predict_proba(given), getattr(model, "classes_", None), rows)
    return answers.exact(model.predict(given), rows)


def _argument(table, names, as_frame):
    """What the model is called with; of a DataFrame, the columns that the model was fitted with, in its order."""
    numpy, pandas = _import("numpy"), _import("pandas") if as_frame else None
    if pandas is not None:
        wanted = [] if names is None else [str(name) for name in names]
        return inputs.to_dataframe(inputs.only(table, wanted), pandas)
    return inputs.to_rows(table) if numpy is None else inputs.to_array(table, numpy)


def _import(name):
    try:
        return __import__(name)
    except ImportError:
        return None
