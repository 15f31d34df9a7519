"""One rule after another, each decides about a line of requirements or leaves it to the next (pure)."""

import re
from dataclasses import replace

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from builders.addresses import is_built_by_conda, is_repository, version_in_address
from builders.foreign_packages import TOOLING, backport, is_for_accelerator, renamed, useless
from builders.pins import Pin
from builders.requirement_draft import PRINTABLE, Draft, Refused, Rule, Target, Wanted, shown
from builders.requirement_lines import LogicalLine

__all__ = ["CLIENT_PACKAGE", "PARENTHESES", "RULES", "TOOLING", "Refused", "Target", "Wanted", "apply_rules", "shown"]

CLIENT_PACKAGE = "weles"
LINE_LENGTH = 1000
PARENTHESES = 20

_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(?P<target>.*)")
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)")
_EDITABLE_COMMENT = re.compile(r"# Editable .*\((?P<name>[A-Za-z0-9._-]+)==[^()]*\)")
_FROM_ADDRESS = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*@\s*(?P<address>\S+)(?P<marker>\s+;.*)?"
)
# What the client adds to a freeze, above the line that it is about.
_INSTALLED_COMMENT = re.compile(r"# Installed as (?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.!+_-]+)")
_NOT_NEEDED_COMMENT = re.compile(r"# The model does not need (?P<name>[A-Za-z0-9._-]+)")
_LOOKS_LIKE_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|[a-z]+\+[a-z]+:|git@|\.{0,2}/|~|[A-Za-z]:[\\/])", re.IGNORECASE
)
_CLIENT_REASON = "it is the lake's client, which is not needed to predict"
_PIN_IT = "pin it to the version of your session, as `pip freeze` does: {name}==VERSION"
_NO_INDEX_HAS_IT = (
    "publish it to the lake's index and pin its version, or remove the line if the model does not need it"
)


def refuse_what_is_not_ascii(draft: Draft) -> Draft:
    if PRINTABLE.fullmatch(draft.line.text) is None:
        return draft.refused("it has characters that are not plain ASCII; package names and versions have none")
    return draft


def drop_the_client(draft: Draft) -> Draft:
    editable = _EDITABLE.fullmatch(draft.line.text)
    if editable is not None:
        name = _name_of_editable(draft, editable)
    else:
        start = re.match(r"[A-Za-z0-9._-]+(?=\s*(?:@|==))", draft.line.text)
        name = start[0] if start else None
    if name is not None and canonicalize_name(name) == CLIENT_PACKAGE:
        return draft.dropped(_CLIENT_REASON)
    return draft


def drop_what_the_model_does_not_need(draft: Draft) -> Draft:
    """The client has looked at what the model names; its word counts only for what could not be installed anyway."""
    said = _NOT_NEEDED_COMMENT.fullmatch(draft.line.comment_before)
    editable, address = _EDITABLE.fullmatch(draft.line.text), _FROM_ADDRESS.fullmatch(draft.line.text)
    name = _name_of_editable(draft, editable) if editable else address["name"] if address else None
    if said is None or (name is not None and canonicalize_name(name) != canonicalize_name(said["name"])):
        return draft
    if editable is None and (address is None or _published_version(draft, address) is not None):
        return draft
    return draft.dropped(f"{said['name']} is no published package, and the model does not name it")


def take_the_published_version(draft: Draft) -> Draft:
    """`name @ address` of a file, or of a folder of conda's: the same version of the index stands in for it."""
    found = _FROM_ADDRESS.fullmatch(draft.line.text)
    if found is None:
        return draft
    name, address = found["name"], found["address"]
    version = _published_version(draft, found)
    if version is not None:
        marker = found["marker"] or ""
        told = draft.repaired("rewritten", f"the published {name}=={version} is installed, not a file of your machine")
        return replace(told, line=replace(told.line, text=f"{name}=={version}{marker}"))
    if is_built_by_conda(address):
        return draft.refused(
            f"conda built {name} and its path does not show the version; write {name}==VERSION, or send the output "
            "of `pip list --format=freeze`, which has it"
        )
    if is_repository(address):
        return draft.refused(f"{name} comes from a repository, not from the index; {_NO_INDEX_HAS_IT}")
    return draft


def refuse_options_and_addresses(draft: Draft) -> Draft:
    text = draft.line.text
    if (editable := _EDITABLE.fullmatch(text)) is not None:
        name = _name_of_editable(draft, editable)
        which = f"{shown(name)} is an editable install, which" if name else "an editable install"
        return draft.refused(f"{which} is not a published package; {_NO_INDEX_HAS_IT}")
    if text.startswith("-"):
        option = text.split(maxsplit=1)[0].split("=", 1)[0]
        return draft.refused(
            f"options such as {shown(option)} are not taken from an upload; the lake's operator configures the "
            "package index. Remove the line"
        )
    if _LOOKS_LIKE_ADDRESS.match(text):
        return draft.refused("addresses and paths cannot be installed; write name==VERSION of a published package")
    return draft


def note_hashes(draft: Draft) -> Draft:
    words = draft.line.text.split()
    first = next((index for index, word in enumerate(words) if word.startswith("--")), None)
    if first is None:
        return draft
    for index, word in enumerate(words[first:], start=first):
        if not word.startswith("--hash=") and word != "--hash" and words[index - 1] != "--hash":
            return draft.refused(f"{shown(word)} is not part of a pinned requirement; remove it")
    noted = draft.repaired(
        "rewritten", "the hashes are left out: the lake locks the files for its own platform by their hashes"
    )
    return replace(noted, line=replace(draft.line, text=" ".join(words[:first])))


def parse(draft: Draft) -> Draft:
    if len(draft.line.text) > LINE_LENGTH:
        return draft.refused(f"it is longer than {LINE_LENGTH} characters")
    if draft.line.text.count("(") > PARENTHESES:
        return draft.refused("its marker (what follows the semicolon) is too deeply nested; remove it")
    try:
        requirement = Requirement(draft.line.text)
    except (InvalidRequirement, RecursionError, ValueError):
        return draft.refused("it cannot be read as a requirement; write name==VERSION, one on each line")
    if requirement.url is not None:
        return draft.refused(
            f"{requirement.name} comes from an address, not from the index; write {requirement.name}==VERSION "
            "of a published version"
        )
    return replace(draft, requirement=requirement)


def evaluate_the_marker(draft: Draft) -> Draft:
    marker: Marker | None = draft.requirement.marker if draft.requirement else None
    if marker is None:
        return draft
    try:
        applies = marker.evaluate(dict(draft.target.marker_environment()))
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion, RecursionError):
        return draft.refused("its marker (what follows the semicolon) cannot be evaluated; remove it")
    if not applies:
        return draft.dropped(f"its marker is false for Python {draft.target.version} on Linux")
    return draft


def drop_what_is_for_others(draft: Draft) -> Draft:
    """Packages of another operating system, and those that brought an older Python what this one has."""
    if draft.requirement is None:
        return draft
    name = canonicalize_name(draft.requirement.name)
    reason = useless(name) or backport(name, draft.target.minor)
    return draft if reason is None else draft.dropped(reason)


def take_the_name_on_linux(draft: Draft) -> Draft:
    other = renamed(canonicalize_name(draft.requirement.name)) if draft.requirement else None
    if draft.requirement is None or other is None:
        return draft
    requirement = Requirement(str(draft.requirement))
    requirement.name = other
    return replace(draft.repaired("rewritten", f"on Linux it is called {other}"), requirement=requirement)


def take_the_pin(draft: Draft) -> Draft:
    requirement = draft.requirement
    if requirement is None:
        return draft
    name = canonicalize_name(requirement.name)
    if name == CLIENT_PACKAGE:
        return draft.dropped(_CLIENT_REASON)
    specifiers = list(requirement.specifier)
    held = draft.target.held.get(name)
    pin_it = _PIN_IT.format(name=requirement.name)
    if not specifiers and held is None:
        return draft.refused(f"it has no version; {pin_it}")
    if held is not None and all(each.contains(held, prereleases=True) for each in specifiers):
        return _pinned(draft, requirement, held, pin_it)
    if len(specifiers) > 1 or specifiers[0].operator not in {"==", "==="}:
        return draft.refused(f"it allows more than one version; {pin_it}")
    if specifiers[0].operator == "===":
        return draft.refused("=== is not supported; write == and the version")
    if specifiers[0].version.endswith("*"):
        return draft.refused(f"it has a wildcard; {pin_it}")
    return _pinned(draft, requirement, specifiers[0].version, pin_it)


def _pinned(draft: Draft, requirement: Requirement, version: str, pin_it: str) -> Draft:
    try:
        pin = Pin.of(requirement.name, version, tuple(requirement.extras))
    except ValueError:
        return draft.refused(f"its name or version cannot be read; {pin_it}")
    local = Version(pin.version).local
    if local is not None and is_for_accelerator(local):
        plain = Version(pin.version).public
        reason = f"the build for a graphics card ({local}) is of no use here; {pin.name}=={plain} is installed"
        draft, pin = draft.repaired("rewritten", reason), Pin(pin.name, plain, pin.extras)
    if draft.line.constraint:
        return draft.wanted(pin, constraint=True)
    return _tooling(draft, pin) if pin.name in TOOLING else draft.wanted(pin)


def _tooling(draft: Draft, pin: Pin) -> Draft:
    if pin.name == "pkg-resources":
        return draft.dropped("Debian's pip lists it by mistake; there is no such package")
    reason = "installing tools are not installed on their own; it is used, at this version, if a package requires it"
    return draft.repaired("constraint", reason).wanted(pin, constraint=True)


def _name_of_editable(draft: Draft, editable: re.Match[str]) -> str | None:
    found = _EGG.search(editable["target"]) or _EDITABLE_COMMENT.fullmatch(draft.line.comment_before)
    return found["name"] if found else None


def _published_version(draft: Draft, found: re.Match[str]) -> str | None:
    """The version of the index that can stand in for an address; None when none can, or it is not known."""
    name, address = found["name"], found["address"]
    said = _INSTALLED_COMMENT.fullmatch(draft.line.comment_before)
    told = said["version"] if said and canonicalize_name(said["name"]) == canonicalize_name(name) else None
    return version_in_address(name, address) or (told if is_built_by_conda(address) else None)


RULES: tuple[Rule, ...] = (
    refuse_what_is_not_ascii,
    drop_the_client,
    drop_what_the_model_does_not_need,
    take_the_published_version,
    refuse_options_and_addresses,
    note_hashes,
    parse,
    evaluate_the_marker,
    drop_what_is_for_others,
    take_the_name_on_linux,
    take_the_pin,
)


def apply_rules(line: LogicalLine, target: Target, rules: tuple[Rule, ...] = RULES) -> Draft:
    """The line's draft after the first rule that decided."""
    draft = Draft(line, target)
    for rule in rules:
        draft = rule(draft)
        if draft.done:
            return draft
    raise AssertionError("the last rule decides about every line")
