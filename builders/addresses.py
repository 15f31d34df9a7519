"""Where an installed package came from: what its address says of the published version (pure).

conda installs from the folders in which it built, and pip then freezes `name @ file:///croot/name_1677/work`.
"""

import re
from urllib.parse import unquote, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

_REPOSITORY = re.compile(r"(?:git|hg|svn|bzr)\+|git@|ssh:|git:", re.IGNORECASE)
_BUILT_BY_CONDA = re.compile(
    r"/(?:croot|feedstock_root|build_artifacts|conda-bld|concourse|ci_py\d+|perseverance-python-buildout)/|_\d{9,}/work",
    re.IGNORECASE,
)
_VERSION_IN_FOLDER = re.compile(r"[-_](?P<version>\d+(?:\.[0-9a-z]+)+)(?:[-_].*)?")
_ADDRESS_LENGTH = 2000


def is_repository(address: str) -> bool:
    """True for a version control system's address: no index has what is there."""
    return _REPOSITORY.match(address.strip()) is not None


def is_built_by_conda(address: str) -> bool:
    """True for a folder in which conda's packages are built: the package is a published one."""
    path = address.replace("\\", "/")
    return path.lower().startswith("file:") and _BUILT_BY_CONDA.search(path) is not None


def version_in_address(name: str, address: str) -> str | None:
    """The version of `name` that the address of its file, or conda's folder, shows; None when it shows none."""
    if is_repository(address) or len(address) > _ADDRESS_LENGTH:
        return None
    try:
        path = unquote(urlsplit(address.strip()).path).replace("\\", "/")
    except ValueError:
        return None
    folders = [each for each in path.split("/") if each]
    if not folders:
        return None
    return _of_file(name, folders[-1]) or (_of_folders(name, folders) if is_built_by_conda(address) else None)


def _of_file(name: str, filename: str) -> str | None:
    try:
        if filename.endswith(".whl"):
            found, version = parse_wheel_filename(filename)[:2]
        else:
            found, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return str(version) if found == canonicalize_name(name) else None


def _of_folders(name: str, folders: list[str]) -> str | None:
    """conda's folder of a package: its name, its version, and often a build or a time."""
    wanted = canonicalize_name(name)
    for folder in reversed(folders):
        for end in range(len(folder), 0, -1):
            if canonicalize_name(folder[:end]) == wanted:
                found = _VERSION_IN_FOLDER.fullmatch(folder[end:].lower())
                if found is not None:
                    return found["version"]
    return None
