"""A description of an R session → EnvironmentSpec (pure)."""

import re

from builders.errors import InvalidSpec, LineProblem
from builders.pins import Repair
from builders.r.declared import Declared, declared_packages, declared_version, shown
from builders.r.names import BASE, RECOMMENDED, is_r_name, is_r_version, version_parts
from builders.r.pins import RPin, RSource
from builders.requirement_lines import check_limits
from builders.spec import EnvironmentSpec, ParsedSpec

CLIENT_PACKAGE = "weles"
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}(?:\.\d{1,4})?", re.ASCII)
_SOURCES: dict[str, RSource] = {"cran": "cran", "bioconductor": "bioconductor"}
_REPOSITORY = "a repository that the lake's operator has configured (WELES_CRAN)"


def parse_r_environment(text: str, *, version: str) -> ParsedSpec:
    """Read what a client says of its R session, for R `version` (`4.2` or `4.2.2`).

    What belongs to the interpreter is left out and said as a repair. Raises InvalidSpec with every package that
    cannot be had from a repository, by line and name.
    """
    if _VERSION.fullmatch(version) is None:
        reason = f"{shown(version)!r} is not an R version; write it as 4.2 or 4.2.2"
        raise InvalidSpec((LineProblem(0, shown(version), reason),))
    check_limits(text)
    pins: dict[str, tuple[int, RPin]] = {}
    repairs: list[Repair] = []
    problems: list[LineProblem] = []
    declared = declared_packages(text)
    other = declared_version(text)
    if other is not None and other.split(".")[:2] != version.split(".")[:2]:
        reason = f"this is for R {shown(other)}, and the model's session is R {version}: send that session's own"
        problems.append(LineProblem(0, "", reason))
    for each in declared:
        left_out = _left_out(each)
        if left_out is not None:
            repairs.append(Repair(each.line, each.text, "dropped", left_out))
            continue
        problem = _problem(each) or _take(pins, each)
        if problem is not None:
            problems.append(LineProblem(each.line, each.text, problem))
    if problems:
        raise InvalidSpec(tuple(problems))
    return ParsedSpec(EnvironmentSpec("r", version, tuple(pin for _, pin in pins.values())), tuple(repairs))


def _left_out(each: Declared) -> str | None:
    """Why a package is not installed; None when it is."""
    if each.name == CLIENT_PACKAGE:
        return "it is the lake's client, which is not needed to predict"
    if each.name in BASE or each.source == "base":
        return "it is part of R itself"
    if each.source == "recommended" or (each.name in RECOMMENDED and not each.priority_known):
        return "it comes with R; the version that belongs to the lake's R is used"
    return None


def _problem(each: Declared) -> str | None:
    """What is wrong with a package, and what to do; None when it can be pinned."""
    if not is_r_name(each.name):
        return f"{shown(each.name)!r} is not the name of an R package"
    if each.source in ("local", "unknown") or ":" in each.source:
        return _not_published(each)
    if each.source not in _SOURCES:
        return f"the source {shown(each.source)!r} is not known: use cran or bioconductor"
    if not is_r_version(each.version):
        return f"{shown(each.version)!r} is not a version of an R package, such as 1.8.4 or 4.7-1.1"
    return None


def _not_published(each: Declared) -> str:
    if ":" in each.source:
        host, _, where = each.source.partition(":")
        came = f"{each.name} was installed from {host} ({shown(where)})"
    elif each.source == "local":
        came = f"{each.name} was installed from a folder or file of your machine"
    else:
        came = f"it is not known where {each.name} came from"
    install = f'install.packages("{each.name}")'
    return (
        f"{came}, which the lake cannot reach: install its released version ({install}), fit the model again and "
        f"upload it, publish the package in {_REPOSITORY}, or unload it if the model does not need it"
    )


def _take(taken: dict[str, tuple[int, RPin]], each: Declared) -> str | None:
    first, earlier = taken.setdefault(each.name, (each.line, RPin(each.name, each.version, _SOURCES[each.source])))
    if version_parts(earlier.version) != version_parts(each.version):
        return f"it contradicts line {first}, {earlier}; keep one of the two"
    return None
