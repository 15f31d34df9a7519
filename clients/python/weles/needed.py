"""What a model needs of this session: the packages that it names, theirs, and nothing else."""

from __future__ import annotations

import pickle

from weles.errors import InvalidEnvironment
from weles.installed import Installed, normalised, source_of
from weles.model_file import ModelFile
from weles.pickle_names import modules_of_file, modules_of_object

__all__ = ["Unreadable", "needed_by", "requirements_of"]

# What the lake hands rows over in, where the session has it: a model may be asked with a DataFrame.
_CARRIERS = ("numpy", "pandas")
_CLIENT = "weles"


class Unreadable(Exception):
    """What the model needs cannot be told from its pickle."""


def needed_by(opened: ModelFile, installed: Installed) -> list[str]:
    """The distributions (normalised names) that the model needs, sorted.

    Raises InvalidEnvironment when the model names a module that is of no installed package; Unreadable.
    """
    names = set()
    for module in sorted(_modules(opened)):
        owners = installed.owners(module)
        if owners is None:
            raise InvalidEnvironment(
                f"The model needs the module {module!r}, which is of no installed package.",
                next="Put it in a package that the lake's index has, install it, and fit the model again.",
            )
        names |= owners
    if "cloudpickle" in names:
        raise Unreadable("cloudpickle writes code into the pickle, and what that needs cannot be told")
    joblib = {"joblib"} if opened.format == "joblib" else set()
    carriers = {each for each in _CARRIERS if installed.is_imported(each)}
    return [each for each in installed.closure(names | joblib | carriers, using=names) if each != _CLIENT]


def requirements_of(names: list[str], installed: Installed) -> str:
    """The distributions as lines of requirements; one that came from an address is written with it, as pip does."""
    lines = []
    for name in names:
        distribution = installed.distributions[name]
        written = distribution.metadata["Name"]
        source = source_of(distribution)
        if source is None:
            lines.append(f"{written}=={distribution.version}")
        else:
            lines += [f"# Installed as {normalised(written)}=={distribution.version}", f"{written} @ {source}"]
    return "".join(f"{line}\n" for line in lines)


def _modules(opened: ModelFile) -> set[str]:
    try:
        if opened.format == "pickle":
            return modules_of_file(opened.file)
        return modules_of_object(opened.model)
    except (ValueError, TypeError, AttributeError, RecursionError, pickle.PicklingError) as reason:
        raise Unreadable(f"its file cannot be read without loading it ({reason})") from None
    finally:
        opened.file.seek(0)
