"""`Pipfile.lock` → declared lines (pure): the packages of `default`."""

import re

from builders.inputs.declaration import Collector, Declaration
from builders.inputs.structured import Places, Table, json_table, list_of, table_of, text_of

WHAT = "Pipfile.lock"
_MINOR = re.compile(r"\d{1,4}\.\d{1,4}")


def is_pipfile_lock(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("{") and '"_meta"' in text and '"default"' in text


def read_pipfile_lock(text: str) -> Declaration:
    """Raises InvalidSpec when it is no JSON."""
    table, places = json_table(text, WHAT), Places(text)
    found = Collector()
    wanted = text_of(table_of(table_of(table.get("_meta")).get("requires")).get("python_version"))
    found.python = f"=={wanted}.*" if _MINOR.fullmatch(wanted) else ""
    for name, entry in table_of(table.get("default")).items():
        _declare(found, places.line_of(name), name, table_of(entry))
    developing = [name for name in table_of(table.get("develop")) if name not in table_of(table.get("default"))]
    found.leave_out_all(developing, "they are for development, and are not needed to predict")
    return found.declaration()


def _declare(found: Collector, number: int, name: str, entry: Table) -> None:
    version, marker, extras = text_of(entry.get("version")), entry.get("markers"), list_of(entry.get("extras"))
    if "git" in entry:
        found.address(number, name, f"git+{entry['git']}")
    elif "path" in entry:
        found.line(number, f"-e {entry['path']}#egg={name}")
    elif "file" in entry:
        found.address(number, name, entry["file"])
    elif version.startswith("=="):
        found.pin(number, name, version.removeprefix("==").strip(), extras, marker)
    else:
        found.refuse(number, name, "it has no exact version; lock it again with `pipenv lock`")
