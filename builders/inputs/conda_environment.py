"""`environment.yml`, as people write it and as `conda env export` does → declared lines (pure)."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from builders.errors import InvalidSpec, LineProblem
from builders.inputs.conda_packages import CondaCollector, CondaPackage, is_no_python_package
from builders.inputs.declaration import Collector, Declaration
from builders.requirement_lines import logical_lines

WHAT = "environment.yml"
TEXT_BYTES = 256 << 10
NESTING = 20
# libyaml's parser where there is one: it is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SPEC = re.compile(
    r"(?:(?P<channel>[\w./:-]{1,200})::)?(?P<name>[\w.-]{1,128})"
    r"(?:\s*==?\s*(?P<version>[\w.!+]{1,128}?)(?P<any>\.?\*)?(?:(?:=|\s+)(?P<build>[\w.*]{1,128}))?)?",
    re.ASCII,
)
_TOP = re.compile(r"^dependencies\s*:", re.MULTILINE)
_UNPINNED_TOOLS = frozenset({"pip", "setuptools", "wheel"})
_PIN_IT = "it allows more than one version; send the output of `conda env export`, which has the exact ones"


def is_conda_environment(text: str) -> bool:
    return _TOP.search(text) is not None


def read_conda_environment(text: str) -> Declaration:
    """What is a Python package is pinned, with what pip installed; the rest is left out by name.

    Raises InvalidSpec, with the line, when it is no YAML or has no list of dependencies.
    """
    found = Collector()
    sorted_out = CondaCollector(found)
    for node in _dependencies(text):
        if isinstance(node, yaml.ScalarNode):
            _declare(found, sorted_out, node.start_mark.line + 1, str(node.value).strip())
        elif isinstance(node, yaml.MappingNode):
            for line in _installed_by_pip(found, node):
                found.line(*line)
        else:
            found.refuse(node.start_mark.line + 1, "", "it is no package; write one on each line")
    sorted_out.finish()
    return found.declaration()


def _declare(found: Collector, sorted_out: CondaCollector, number: int, spec: str) -> None:
    parts = _SPEC.fullmatch(spec)
    if parts is None:
        found.refuse(number, spec, _PIN_IT)
        return
    package = CondaPackage(number, parts["name"], parts["version"] or "", parts["build"] or "")
    exact = package.version and not parts["any"]
    if package.name == "python" or is_no_python_package(package):
        sorted_out.take(package)
    elif not exact and package.name not in _UNPINNED_TOOLS:
        found.refuse(number, spec, _PIN_IT)
    elif exact:
        if not package.build and package.version.count(".") < 2 and "==" not in spec:
            found.rewrite(number, spec, f"read as exactly {package.version}; conda would take any {package.version}.x")
        sorted_out.take(package)


def _installed_by_pip(found: Collector, node: yaml.MappingNode) -> Iterator[tuple[int, str]]:
    for key, value in node.value:
        number = key.start_mark.line + 1
        if key.value != "pip" or not isinstance(value, yaml.SequenceNode):
            found.refuse(number, str(key.value)[:100], "only `pip:` with a list can stand here")
            continue
        for item in value.value:
            if not isinstance(item, yaml.ScalarNode):
                found.refuse(item.start_mark.line + 1, "", "it is no requirement; write one on each line")
                continue
            text = str(item.value)
            lines = [*logical_lines(text)]
            # A line break in a quoted text would make two of one: it is left to the rules, which refuse it.
            yield item.start_mark.line + 1, lines[0].text if len(lines) == 1 and "\n" not in text.strip() else text


def _dependencies(text: str) -> list[yaml.Node]:
    """The items under `dependencies`. No object is made of what is read, and nothing may refer to anything else."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > NESTING:
                raise _unreadable("it has references or is nested too deeply", _line(event.start_mark))
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise _unreadable("it is not valid YAML here", _line(error.problem_mark)) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _unreadable("it is not valid YAML", 0) from error
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    for key, value in pairs:
        if getattr(key, "value", None) == "dependencies" and isinstance(value, yaml.SequenceNode):
            return list(value.value)
    raise _unreadable("it has no list `dependencies`", 0)


def _line(mark: Any) -> int:
    """The line of a mark, from 1; 0 where there is none."""
    return 0 if mark is None else int(mark.line) + 1


def _unreadable(reason: str, line: int) -> InvalidSpec:
    return InvalidSpec((LineProblem(line, "", f"this {WHAT} cannot be read: {reason}"),))
