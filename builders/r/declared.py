"""The forms in which an R session can be described → the packages that it declares (pure).

Recognised by form: the client's own lines, `renv.lock`, the output of `sessionInfo()`, DESCRIPTION texts.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from builders.errors import InvalidSpec, LineProblem
from builders.requirement_lines import physical_lines

MARK = "# weles-r 1"
SHOWN_LENGTH = 200
_LINE = re.compile(r"(?P<name>\S+)==(?P<version>\S+)[ \t]+(?P<source>\S+)")
_SESSION = re.compile(r"R (?:version \d|Under development|Patched)")
_SESSION_VERSION = re.compile(r"R version (?P<version>\d{1,4}\.\d{1,4}\.\d{1,4})", re.ASCII)
_SECTION = re.compile(r"(?P<title>[A-Za-z][^:]*):\s*")
_PACKAGE_SECTIONS = frozenset({"other attached packages", "loaded via a namespace (and not attached)"})
_ITEM = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9.]*)_(?P<version>[0-9][0-9.-]*)")
_FIELD = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9@/._-]*):[ \t]*(?P<value>.*)")
_REPOSITORIES = {"cran": "cran", "rspm": "cran", "p3m": "cran", "repository": "cran", "bioconductor": "bioconductor"}
_GIT_HOSTS = frozenset({"github", "gitlab", "bitbucket", "git", "git2r", "xgit"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A package as it was declared, not checked yet. `line` counts from 1, 0 where the form has no lines.

    `source` is cran, bioconductor, base, recommended, local, unknown, or `github:owner/repo@sha` (likewise gitlab …).
    `priority_known` when the form tells base and recommended packages from those of a repository.
    """

    line: int
    text: str
    name: str
    version: str
    source: str
    priority_known: bool = False


def declared_packages(text: str) -> list[Declared]:
    """Every package of the text. Raises InvalidSpec when the text has none of the forms, or lines of no use in it."""
    first = next((line.strip() for line in physical_lines(text) if line.strip()), "")
    if first == MARK:
        return [*_client_lines(text)]
    if first.startswith("{"):
        return [*_renv_lock(text)]
    if _SESSION.match(first):
        return [*_session_info(text)]
    if _FIELD.fullmatch(first):
        return [*_descriptions(text)]
    raise InvalidSpec((LineProblem(1, shown(first), f"an R environment begins with `{MARK}`; {_FORMS}"),))


def declared_version(text: str) -> str | None:
    """The version of R that an renv.lock or a sessionInfo() is of; None where the text does not say."""
    if text.lstrip().startswith("{"):
        try:
            return str(json.loads(text)["R"]["Version"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
    found = _SESSION_VERSION.match(text.lstrip())
    return found and found["version"]


_FORMS = "send what the R client sends, an renv.lock, the output of sessionInfo(), or DESCRIPTION texts"


def shown(text: str) -> str:
    """A bounded part of a line, printable, for messages."""
    printable = "".join(each if each.isprintable() else "?" for each in text)
    return printable if len(printable) <= SHOWN_LENGTH else printable[:SHOWN_LENGTH] + "…"


def _client_lines(text: str) -> Iterator[Declared]:
    problems = []
    for number, line in enumerate(physical_lines(text), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            reason = "write it as `name==version  source`, source being cran, bioconductor, base or recommended"
            problems.append(LineProblem(number, shown(line), reason))
        else:
            yield Declared(number, shown(line.strip()), found["name"], found["version"], found["source"], True)
    if problems:
        raise InvalidSpec(tuple(problems))


def _renv_lock(text: str) -> Iterator[Declared]:
    try:
        packages = json.loads(text)["Packages"]
        entries = [(str(name), dict(entry)) for name, entry in packages.items()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = "it begins like an renv.lock and is none: it must be JSON with `Packages`"
        raise InvalidSpec((LineProblem(0, "", reason),)) from error
    lines = physical_lines(text)
    for name, entry in entries:
        number = next((at for at, line in enumerate(lines, start=1) if f'"{name}": {{' in line), 0)
        version = str(entry.get("Version", ""))
        yield Declared(number, shown(f"{name} {version}"), name, version, _source_of(entry))


def _session_info(text: str) -> Iterator[Declared]:
    wanted = False
    for number, line in enumerate(physical_lines(text), start=1):
        section = _SECTION.fullmatch(line)
        if section is not None:
            wanted = section["title"] in _PACKAGE_SECTIONS
        elif wanted:
            for found in _ITEM.finditer(line):
                yield Declared(number, found[0], found["name"], found["version"].rstrip(".-"), "cran")


def _descriptions(text: str) -> Iterator[Declared]:
    fields: dict[str, str] = {}
    first = 0
    for number, line in enumerate([*physical_lines(text), ""], start=1):
        found = _FIELD.fullmatch(line)
        if found is not None and found["name"] == "Package" and "Package" in fields:
            yield _described(fields, first)
            fields = {}
        if not line.strip():
            if fields:
                yield _described(fields, first)
            fields = {}
        elif found is not None:
            first = number if not fields else first
            fields[found["name"]] = found["value"].strip()


def _described(fields: dict[str, str], line: int) -> Declared:
    name, version = fields.get("Package", ""), fields.get("Version", "")
    return Declared(line, shown(f"Package: {name}"), name, version, _source_of(fields))


def _source_of(fields: dict[str, Any]) -> str:
    """Where a package came from, by the fields of its DESCRIPTION or of its entry in an renv.lock."""
    text = {name: str(value) for name, value in fields.items() if isinstance(value, str)}
    if text.get("Priority") in ("base", "recommended"):
        return text["Priority"]
    remote = (text.get("RemoteType") or text.get("Source") or "").lower()
    if remote in _GIT_HOSTS:
        owner, repo = text.get("RemoteUsername", "?"), text.get("RemoteRepo", "?")
        return f"{remote}:{owner}/{repo}@{text.get('RemoteSha', '?')}"
    if remote in ("local", "url"):
        return "local"
    if remote == "bioconductor" or "biocViews" in text:
        return "bioconductor"
    repository = text.get("Repository", "").lower()
    return _REPOSITORIES.get(repository) or _REPOSITORIES.get(remote) or ("cran" if remote == "standard" else "unknown")
