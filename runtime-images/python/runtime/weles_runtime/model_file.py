"""Reading the model file, in the format that the manifest names."""

import pickle

from weles_runtime.errors import ContractError

FORMATS = ("pickle", "joblib")


def check(name):
    """Raises ContractError for a format that this runtime cannot read."""
    if name not in FORMATS:
        raise ContractError("unknown format {!r}; this runtime reads {}".format(name, " and ".join(FORMATS)))


def load(path, name):
    """The model. Raises whatever reading it raises: it runs the code of whoever made the file."""
    if name == "joblib":
        return _joblib().load(path)
    with open(path, "rb") as file:
        return pickle.load(file)


def _joblib():
    try:
        import joblib
    except ImportError as missing:
        try:
            # Before 0.23, scikit-learn carried its own.
            from sklearn.externals import joblib
        except ImportError:
            raise missing from None
    return joblib
