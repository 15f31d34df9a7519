"""`conda list`, with `--export` or `--explicit` or neither → declared lines (pure)."""

import re
from collections.abc import Callable

from builders.inputs.conda_packages import CondaCollector, CondaPackage
from builders.inputs.declaration import Collector, Declaration
from builders.requirement_lines import physical_lines

_EXPORT = re.compile(r"(?P<name>[\w.-]{1,128})=(?P<version>[^=\s]{1,128})(?:=(?P<build>[^=\s]{1,128}))?", re.ASCII)
_FILE = re.compile(
    r"(?P<name>[\w.-]{1,128})-(?P<version>[^-/]{1,128})-(?P<build>[^-/]{1,128})\.(?:conda|tar\.bz2)(?:#\w*)?", re.ASCII
)
_COLUMNS = re.compile(
    r"(?P<name>[\w.-]{1,128})\s+(?P<version>\S{1,128})\s+(?P<build>\S{1,128})(?:\s+(?P<channel>\S+))?", re.ASCII
)
_EXPLICIT = "@EXPLICIT"
_NO_PACKAGE = "it is no package as `conda list` writes one; send the whole output of `conda list --export`"

_Split = Callable[[str], re.Match[str] | None]


def is_conda_list(text: str) -> bool:
    """True for each of the three forms: the first line that is no comment decides."""
    lines = [line.strip() for line in physical_lines(text)]
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if first == _EXPLICIT or any(line.startswith("# packages in environment at") for line in lines[:5]):
        return True
    return _EXPORT.fullmatch(first) is not None


def read_conda_list(text: str) -> Declaration:
    """What is a Python package is pinned; the rest is left out by name."""
    found = Collector()
    sorted_out = CondaCollector(found)
    split = _form(text)
    for number, line in enumerate(physical_lines(text), start=1):
        line = line.strip()
        if not line or line.startswith("#") or line == _EXPLICIT:
            continue
        parts = split(line)
        if parts is None:
            found.refuse(number, line, _NO_PACKAGE)
            continue
        groups = parts.groupdict()
        sorted_out.take(
            CondaPackage(
                number, groups["name"], groups["version"], groups.get("build") or "", groups.get("channel") or ""
            )
        )
    sorted_out.finish()
    return found.declaration()


def _form(text: str) -> _Split:
    if _EXPLICIT in (line.strip() for line in physical_lines(text)):
        return lambda line: _FILE.fullmatch(line.rpartition("/")[2])
    if "# packages in environment at" in text:
        return _COLUMNS.fullmatch
    return _EXPORT.fullmatch
