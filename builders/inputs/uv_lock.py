"""`uv.lock` → declared lines (pure): what the project itself depends on, for this Python on Linux."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.version import InvalidVersion

from builders.inputs.declaration import Collector, Declaration
from builders.inputs.structured import Table, list_of, numbered_tables, table_of, text_of, toml_table
from builders.requirement_draft import Target

WHAT = "uv.lock"
_FOLDERS = ("virtual", "editable", "directory")
_MARKER_LENGTH = 20_000


def is_uv_lock(text: str) -> bool:
    return "\n[[package]]" in text and "\nsource = {" in text and "requires-python" in text


def read_uv_lock(text: str, target: Target) -> Declaration:
    """The packages that the project's own dependencies lead to; its groups for development are left out.

    Raises InvalidSpec when it is no TOML.
    """
    table = toml_table(text, WHAT)
    packages = [*numbered_tables(text, table, "package")]
    found = Collector()
    found.python = text_of(table.get("requires-python"))
    projects = [(number, each) for number, each in packages if _folder(each) is not None]
    for number, project in projects:
        where = _folder(project)
        found.leave_out(number, f"{project.get('name')} ({where})", "it is the project itself, not one of its packages")
    groups = {str(name) for _, each in projects for name in table_of(each.get("dev-dependencies"))}
    found.leave_out_all(groups, "groups for development are not needed to predict")
    wanted = _reached(projects, packages, target) if projects else _everything(packages, target)
    for number, package, extras in wanted:
        _declare(found, number, package, extras)
    return found.declaration()


def _declare(found: Collector, number: int, package: Table, extras: Sequence[str]) -> None:
    name, version, source = package.get("name"), package.get("version"), table_of(package.get("source"))
    if "registry" in source:
        found.pin(number, name, version, extras)
    elif "git" in source:
        found.address(number, name, f"git+{source['git']}")
    elif "url" in source or "path" in source:
        address = source.get("url") or f"file:///{source['path']}"
        found.address(number, name, address, version)
    else:
        found.refuse(number, str(name), "its source cannot be read; lock it from an index")


def _reached(
    projects: Sequence[tuple[int, Table]], packages: Sequence[tuple[int, Table]], target: Target
) -> Iterator[tuple[int, Table, list[str]]]:
    """What the projects need, each package with the extras that are wanted of it."""
    environment = target.marker_environment()
    by_name: dict[str, list[tuple[int, Table]]] = {}
    for number, package in packages:
        by_name.setdefault(str(package.get("name")), []).append((number, package))
    extras_of: dict[int, set[str]] = {}
    seen: set[tuple[int, str]] = set()
    waiting = deque((index, "") for index, (_, each) in enumerate(packages) if _folder(each) is not None)
    place = {id(package): index for index, (_, package) in enumerate(packages)}
    while waiting:
        index, extra = waiting.popleft()
        if (index, extra) in seen:
            continue
        seen.add((index, extra))
        package = packages[index][1]
        extras_of.setdefault(index, set()).update({extra} - {""})
        optional = table_of(package.get("optional-dependencies"))
        for need in list_of(optional.get(extra) if extra else package.get("dependencies")):
            edge = table_of(need)
            if not _applies(edge.get("marker"), environment):
                continue
            for _, candidate in by_name.get(str(edge.get("name")), ()):
                if edge.get("version") in (None, candidate.get("version")):
                    wanted_extras = ["", *map(str, list_of(edge.get("extra")))]
                    waiting.extend((place[id(candidate)], each) for each in wanted_extras)
    for index in sorted(extras_of):
        number, package = packages[index]
        if _folder(package) is None:
            yield number, package, sorted(extras_of[index])


def _everything(packages: Sequence[tuple[int, Table]], target: Target) -> Iterator[tuple[int, Table, list[str]]]:
    environment = target.marker_environment()
    for number, package in packages:
        markers = list_of(package.get("resolution-markers"))
        if not markers or any(_applies(marker, environment) for marker in markers):
            yield number, package, []


def _folder(package: Table) -> str | None:
    """Where a package's folder is, when it is no package of an index."""
    source = table_of(package.get("source"))
    return next((str(source[kind]) for kind in _FOLDERS if kind in source), None)


def _applies(marker: Any, environment: dict[str, str]) -> bool:
    """True where there is no marker; what cannot be evaluated applies, and is told apart later."""
    if not isinstance(marker, str) or len(marker) > _MARKER_LENGTH or marker.count("(") > 200:
        return True
    try:
        return Marker(marker).evaluate(dict(environment))
    except (InvalidMarker, InvalidVersion, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
        return True
