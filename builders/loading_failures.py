"""A model that cannot be loaded in its image → what is wrong with the environment (pure).

Each row is tried, from top to bottom, on the traceback with which loading ended.
"""

import re
from dataclasses import replace

from builders.diagnosis import Diagnosis, diagnose
from builders.known_names import package_of_module
from builders.patterns import Pattern, pattern

_INSTALLED = re.compile(r"/(?:site|dist)-packages/(?P<module>[A-Za-z0-9_]{1,100})")
_FREEZE = "Upload the output of `pip freeze` of the session that made the model, all of it."
_CLOUDPICKLE = (
    "Put the class into a package of its own index, or save the model with cloudpickle, which takes the code along: "
    "`cloudpickle.register_pickle_by_value(module)`, then upload again."
)


def _of_module(expression: str, cause: str, summary: str, suggestion: str) -> Pattern:
    return pattern(cause, expression, summary, suggestion, normalise=package_of_module)


PATTERNS_OF_LOADING: tuple[Pattern, ...] = (
    pattern(
        "missing-library",
        r"(?P<library>lib[\w.+-]{1,100}\.so[.\d]{0,20}): cannot open shared object file",
        "{package} needs the system library {library}, which is not in the image.",
        "Choose a version of {package}, or another package, that brings {library} along in its wheel.",
    ),
    pattern(
        "numpy-abi",
        r"numpy\.(?:dtype|ufunc|ndarray) size changed|compiled using numpy 1\.x cannot be run|_ARRAY_API not found"
        r"|numpy\.core\.multiarray failed to import|compiled against (?:ABI|API) version",
        "{package} was compiled for another numpy than the one that is pinned.",
        "Pin numpy<2 as it was in your session (numpy==1.26.4 is the last one), or a newer {package}.",
    ),
    pattern(
        "own-code",
        r"can't get attribute '(?P<name>[^']{1,200})' on <module '__(?:main|mp_main)__'",
        "The model is of {name}, which was written in the session itself and is in no package.",
        _CLOUDPICKLE,
    ),
    _of_module(
        r"no module named '(?P<package>[\w.]{1,200})'",
        "missing-module",
        "The model needs {package}, and the environment does not have it.",
        "Add {package} with its version to the requirements. If it is a module of your own: " + _CLOUDPICKLE,
    ),
    pattern(
        "name-removed",
        r"cannot import name '(?P<name>[^']{1,200})' from '(?P<module>[^']{1,200})'"
        r"|module '(?P<owner>[\w.]{1,200})' has no attribute '(?P<attribute>\w{1,200})'"
        r"|can't get attribute '(?P<lost>[^']{1,200})' on <module '(?P<where>[^']{1,200})'",
        "The versions do not go together: {module}{owner}{where} has no {name}{attribute}{lost} in this version.",
        f"{_FREEZE} A package that is pinned to another version than there breaks the others.",
    ),
    pattern(
        "version-check",
        r"(?P<wants>\w{1,60} (?:needs|requires) [\w.-]{1,60} [^\n]{1,100})",
        "The versions do not go together: {wants}",
        _FREEZE,
    ),
)


def diagnose_loading(error_class: str, message: str, traceback: str) -> Diagnosis:
    """What is wrong with the environment in which a model could not be loaded; else cause `unknown`."""
    log = f"{traceback}\n{error_class}: {message}"
    installed = [found["module"] for found in _INSTALLED.finditer(log)]
    package = package_of_module(installed[-1]) if installed else None
    diagnosis = diagnose("verify", log, PATTERNS_OF_LOADING, package=package)
    if diagnosis.cause != "unknown":
        return diagnosis
    return replace(
        diagnosis,
        package=package,
        summary=f"The model cannot be loaded: {error_class}: {message}"[:600],
        line=f"{error_class}: {message}"[:600],
        suggestion=_FREEZE,
    )
