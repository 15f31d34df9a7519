"""A model as the file that is uploaded: an object is pickled, a file is loaded and sent as it is."""

from __future__ import annotations

import os
import pickle
import tempfile
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from weles.errors import InvalidModel

__all__ = ["ModelFile", "open_model"]

PROTOCOL = 4
_SESSION_MODULES = ("__main__", "__mp_main__")


@dataclass(frozen=True)
class ModelFile:
    """`model` as it is in this session; `file` holds it in `format` ("pickle" or "joblib"). Close `file` after use."""

    model: Any
    format: str
    file: BinaryIO


def open_model(mod: Any) -> ModelFile:
    """The model file of an object, or of the path of a .pkl, .pickle or .joblib file.

    Raises InvalidModel when it cannot be written or read, or needs a class or function of `__main__`, which no
    other process can import.
    """
    if isinstance(mod, (str, os.PathLike)):
        return _of_path(Path(mod))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller open
    try:
        _Writer(file, protocol=PROTOCOL).dump(mod)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as reason:
        file.close()
        raise InvalidModel(
            f"The model cannot be pickled: {reason}",
            next="Lambdas, local functions and open files cannot travel: move functions into a module.",
        ) from reason
    except BaseException:
        file.close()
        raise
    return ModelFile(mod, "pickle", file)


class _Writer(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, (type, types.FunctionType)) and obj.__module__ in _SESSION_MODULES:
            _refuse(obj.__qualname__)
        return NotImplemented


class _Reader(pickle.Unpickler):
    needs_joblib = False

    def find_class(self, module: str, name: str) -> Any:
        if module in _SESSION_MODULES:
            _refuse(name)
        # joblib.dump() is given names in .pkl too; its arrays are no pickle.
        self.needs_joblib = self.needs_joblib or module.startswith("joblib.numpy_pickle")
        return super().find_class(module, name)


def _refuse(name: str) -> NoReturn:
    raise InvalidModel(
        f"The model needs {name!r}, which is defined in this script or notebook (`__main__`).",
        next="Put it in a module of a package that can be installed, import it from there, and fit the model again.",
    )


def _of_path(path: Path) -> ModelFile:
    if path.suffix not in (".pkl", ".pickle", ".joblib"):
        raise InvalidModel(
            f"{path} is not a model file.", next="Give a fitted model, or the path of a .pkl, .pickle or .joblib file."
        )
    try:
        with path.open("rb") as file:
            model, form = _load(path, file)
        return ModelFile(model, form, path.open("rb"))
    except InvalidModel:
        raise
    except Exception as reason:
        raise InvalidModel(
            f"{path} cannot be loaded here: {type(reason).__name__}: {reason}",
            next="Load it in the session that made it, and upload it from there.",
        ) from reason


def _load(path: Path, file: BinaryIO) -> tuple[Any, str]:
    if path.suffix != ".joblib":
        reader = _Reader(file)
        try:
            return reader.load(), "pickle"
        except Exception:
            if not reader.needs_joblib:
                raise
    import joblib  # type: ignore[import-untyped,unused-ignore]

    model = joblib.load(path)
    if type(model).__module__ in _SESSION_MODULES:
        _refuse(type(model).__qualname__)
    return model, "joblib"
