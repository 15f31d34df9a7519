"""`pylock.toml` (PEP 751) of any tool → declared lines (pure)."""

from typing import Any

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.version import InvalidVersion

from builders.inputs.declaration import Collector, Declaration
from builders.inputs.structured import Table, list_of, numbered_tables, table_of, text_of, toml_table
from builders.requirement_draft import Target
from builders.requirement_rules import PARENTHESES

WHAT = "pylock.toml"


def is_pylock(text: str) -> bool:
    return "lock-version" in text and "[[packages]]" in text


def read_pylock(text: str, target: Target) -> Declaration:
    """The packages whose marker holds, with the lock's default groups and no extras.

    Raises InvalidSpec when it is no TOML.
    """
    table = toml_table(text, WHAT)
    found = Collector()
    found.python = text_of(table.get("requires-python"))
    groups = frozenset(map(str, list_of(table.get("default-groups"))))
    for number, package in numbered_tables(text, table, "packages"):
        applies = _applies(package.get("marker"), target, groups)
        if applies is None:
            found.refuse(number, str(package.get("name")), "its marker cannot be evaluated")
        elif applies:
            _declare(found, number, package)
        else:
            reason = f"its marker is false for Python {target.version} on Linux"
            found.leave_out(number, str(package.get("name")), reason)
    return found.declaration()


def _declare(found: Collector, number: int, package: Table) -> None:
    name, version = package.get("name"), package.get("version")
    if "vcs" in package:
        found.address(number, name, f"git+{table_of(package['vcs']).get('url')}")
    elif "directory" in package:
        found.line(number, f"-e {table_of(package['directory']).get('path')}#egg={name}")
    elif "archive" in package:
        archive = table_of(package["archive"])
        found.address(number, name, archive.get("url") or f"file:///{archive.get('path')}", version)
    else:
        found.pin(number, name, version)


def _applies(marker: Any, target: Target, groups: frozenset[str]) -> bool | None:
    """None when it cannot be evaluated."""
    if marker is None:
        return True
    if not isinstance(marker, str) or marker.count("(") > PARENTHESES:
        return None
    variables: Any = {**target.marker_environment(), "extras": frozenset(), "dependency_groups": groups}
    try:
        return Marker(marker).evaluate(variables, context="lock_file")
    except (InvalidMarker, InvalidVersion, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
        return None
