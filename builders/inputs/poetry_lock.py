"""`poetry.lock` → declared lines (pure): what belongs to the main group and is not optional."""

from builders.inputs.declaration import Collector, Declaration
from builders.inputs.poetry_versions import python_specifier
from builders.inputs.structured import Table, list_of, numbered_tables, table_of, text_of, toml_table

WHAT = "poetry.lock"


def is_poetry_lock(text: str) -> bool:
    return "[[package]]" in text and "\ncontent-hash" in text and "\npython-versions" in text


def read_poetry_lock(text: str) -> Declaration:
    """Raises InvalidSpec when it is no TOML."""
    table = toml_table(text, WHAT)
    found = Collector()
    found.python = python_specifier(text_of(table_of(table.get("metadata")).get("python-versions")))
    left_out = []
    for number, package in numbered_tables(text, table, "package"):
        if package.get("optional") is True or not _is_main(package):
            left_out.append(str(package.get("name")))
            continue
        _declare(found, number, package)
    found.leave_out_all(left_out, "they are optional or for development, and are not needed to predict")
    return found.declaration()


def _declare(found: Collector, number: int, package: Table) -> None:
    name, version = package.get("name"), package.get("version")
    source = table_of(package.get("source"))
    kind, address = source.get("type", "legacy"), text_of(source.get("url"))
    if kind == "legacy":
        found.pin(number, name, version, (), _marker(package))
    elif kind == "git":
        found.address(number, name, f"git+{address}")
    elif kind in ("url", "file"):
        found.address(number, name, address if kind == "url" else f"file:///{address}", version)
    else:
        found.address(number, name, f"file:///{address}")


def _is_main(package: Table) -> bool:
    """Poetry 1 wrote a category, Poetry 2 writes groups; between the two there was neither."""
    groups = list_of(package.get("groups"))
    return "main" in groups if groups else package.get("category", "main") == "main"


def _marker(package: Table) -> object:
    markers = package.get("markers")
    return table_of(markers).get("main") if isinstance(markers, dict) else markers
