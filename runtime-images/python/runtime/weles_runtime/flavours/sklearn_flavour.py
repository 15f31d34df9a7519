"""scikit-learn's estimators. A DataFrame goes in if the model was fitted with one, else a 2-D array."""

from weles_runtime.flavours import python_flavour
from weles_runtime.flavours.python_flavour import load, modes  # noqa: F401


def predict(model, table, mode):
    """As `python_flavour.predict`; before 1.0 scikit-learn did not note names, but its pipelines may need them."""
    import sklearn

    return python_flavour.predict(model, table, mode, always_frame=sklearn.__version__.startswith("0."))
