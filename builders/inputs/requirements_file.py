"""`pip freeze`, `pip list`, requirements files → declared lines (pure).

The client puts the files that `-r` and `-c` name in their place (`builders.requirement_lines` says how).
"""

import re

from builders.inputs.declaration import Collector, Declaration
from builders.requirement_lines import logical_lines, physical_lines

_TABLE_HEAD = re.compile(r"Package\s+Version(?:\s+.*)?")
_TABLE_RULE = re.compile(r"-{2,}\s+-{2,}[\s-]*")


def read_requirements_file(text: str) -> Declaration:
    """Each requirement with its line number, as it stands in the text."""
    return Declaration(tuple(logical_lines(text)))


def is_pip_table(text: str) -> bool:
    """True for the two columns of `pip list`."""
    head = [line for line in physical_lines(text) if line.strip()][:2]
    return len(head) == 2 and bool(_TABLE_HEAD.fullmatch(head[0].strip()) and _TABLE_RULE.fullmatch(head[1].strip()))


def read_pip_table(text: str) -> Declaration:
    """`pip list`: a package and its version on each line; the third column is the folder of an editable install."""
    found = Collector()
    for number, line in enumerate(physical_lines(text), start=1):
        words = line.split()
        if not words or _TABLE_HEAD.fullmatch(line.strip()) or _TABLE_RULE.fullmatch(line.strip()):
            continue
        if len(words) == 2:
            found.pin(number, *words)
        elif len(words) > 2 and re.match(r"[/~]|[A-Za-z]:\\", words[2]):
            found.line(number, f"-e {words[2]}#egg={words[0]}")
        else:
            found.refuse(number, line, "it is not a package with its version; send the output of `pip freeze`")
    return found.declaration()
