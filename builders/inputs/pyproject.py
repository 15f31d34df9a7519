"""`pyproject.toml` → declared lines (pure): the dependencies of [project] and of [tool.poetry]."""

from collections.abc import Mapping
from typing import Any

from builders.errors import InvalidSpec, LineProblem
from builders.inputs.declaration import Collector, Declaration
from builders.inputs.poetry_versions import exact_version, python_specifier
from builders.inputs.structured import Places, Table, list_of, table_of, text_of, toml_table

WHAT = "pyproject.toml"
_NOT_EXACT = "it allows more than one version; send the lock file (poetry.lock), or write the exact version"
_NOTHING = (
    "this pyproject.toml has neither [project] dependencies nor [tool.poetry.dependencies]; "
    "send a lock file, or the output of `pip freeze`"
)


def is_pyproject(text: str) -> bool:
    heads = ("[project]", "[tool.", "[build-system]", "[project.", "[dependency-groups]")
    return any(line.strip().startswith(heads) for line in text.splitlines())


def read_pyproject(text: str) -> Declaration:
    """Raises InvalidSpec when it is no TOML, or says nothing of dependencies."""
    table, places = toml_table(text, WHAT), Places(text)
    project, poetry = table_of(table.get("project")), table_of(table_of(table.get("tool")).get("poetry"))
    if not isinstance(project.get("dependencies"), list) and not isinstance(poetry.get("dependencies"), Mapping):
        raise InvalidSpec((LineProblem(0, "", _NOTHING),))
    found = Collector()
    found.python = text_of(project.get("requires-python"))
    for requirement in list_of(project.get("dependencies")):
        found.line(places.line_of(text_of(requirement)), requirement)
    for name, wanted in table_of(poetry.get("dependencies")).items():
        if name == "python":
            found.python = found.python or python_specifier(text_of(wanted))
            continue
        for each in wanted if isinstance(wanted, list) else [wanted]:
            _declare(found, places.line_of(name), name, each)
    groups = {*table_of(project.get("optional-dependencies")), *table_of(table.get("dependency-groups"))}
    groups |= {*table_of(poetry.get("group")), *table_of(poetry.get("extras"))}
    found.leave_out_all(groups, "only the project's own dependencies are installed, not its extras and groups")
    return found.declaration()


def _declare(found: Collector, number: int, name: str, wanted: Any) -> None:
    """One dependency in Poetry's way: a version, or a table of what it is."""
    entry: Table = wanted if isinstance(wanted, Mapping) else {"version": wanted}
    if entry.get("optional") is True:
        found.leave_out(number, name, "it is optional")
    elif "git" in entry:
        found.address(number, name, f"git+{entry['git']}")
    elif "path" in entry or "file" in entry:
        found.line(number, f"-e {entry.get('path', entry.get('file'))}#egg={name}")
    elif "url" in entry:
        found.address(number, name, entry["url"])
    elif (version := exact_version(text_of(entry.get("version")))) is None:
        found.refuse(number, f"{name} {entry.get('version')}", _NOT_EXACT)
    else:
        found.pin(number, name, version, list_of(entry.get("extras")), _marker(entry))


def _marker(entry: Table) -> Any:
    return entry.get("markers")
