"""How the lake shall load and call a model."""

from __future__ import annotations

import sys
from typing import Any

from weles.errors import InvalidModel

__all__ = ["class_name", "flavour_of"]


def class_name(model: Any) -> str:
    """The full dotted name of the model's class."""
    return f"{type(model).__module__}.{type(model).__qualname__}"


def flavour_of(model: Any) -> str:
    """ "sklearn" for scikit-learn's estimators and their kin, "python" for anything else that can predict.

    Raises InvalidModel for what has no `predict`.
    """
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        raise InvalidModel(
            f"{class_name(model)} has no method `predict`.", next="Upload a fitted model: an object with `predict(X)`."
        )
    base = getattr(sys.modules.get("sklearn.base"), "BaseEstimator", None)
    if type(model).__module__.partition(".")[0] == "sklearn" or (base is not None and isinstance(model, base)):
        return "sklearn"
    return "python"
