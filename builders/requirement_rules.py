"""One rule after another, each decides about a line of a requirements text or leaves it to the next (pure)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from builders.pins import Pin, Repair, RepairAction
from builders.requirement_lines import LogicalLine

CLIENT_PACKAGE = "weles"
TOOLING = frozenset({"pip", "setuptools", "wheel", "distribute", "pkg-resources", "uv"})
LINE_LENGTH = 1000
SHOWN_LENGTH = 200
PARENTHESES = 20

_PRINTABLE = re.compile(r"[\x20-\x7e\t]*")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(?P<target>.*)")
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)")
_EDITABLE_COMMENT = re.compile(r"# Editable .*\((?P<name>[A-Za-z0-9._-]+)==[^()]*\)")
_LOOKS_LIKE_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|[a-z]+\+[a-z]+:|git@|\.{0,2}/|~|[A-Za-z]:[\\/])", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_CLIENT_REASON = "it is the lake's client, which is not needed to predict"
_PIN_IT = "pin it to the version of your session, as `pip freeze` does: {name}==VERSION"


@dataclass(frozen=True, slots=True)
class Target:
    """The interpreter that lines are read for. `version` is `3.11` or `3.11.2`; the platform is Linux on x86-64."""

    version: str

    def marker_environment(self) -> dict[str, str]:
        """The variables of environment markers (PEP 508); what is not known of the lake's hosts is empty."""
        parts = self.version.split(".")
        full = self.version if len(parts) > 2 else f"{self.version}.0"
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": full,
            "python_version": ".".join(parts[:2]),
            "sys_platform": "linux",
            "extra": "",
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """The line cannot be used; `reason` says why and what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The line names a package to install, or only to hold back at a version (`constraint`)."""

    pin: Pin
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A line on its way through the rules, with the repairs so far and, at the end, an outcome.

    The outcome of a line that is left out is None with `done` true.
    """

    line: LogicalLine
    target: Target
    repairs: tuple[Repair, ...] = ()
    requirement: Requirement | None = None
    outcome: Refused | Wanted | None = None
    done: bool = False

    def refused(self, reason: str) -> "Draft":
        return replace(self, outcome=Refused(reason), done=True)

    def dropped(self, reason: str) -> "Draft":
        return replace(self.repaired("dropped", reason), done=True)

    def wanted(self, pin: Pin, *, constraint: bool = False) -> "Draft":
        return replace(self, outcome=Wanted(pin, constraint), done=True)

    def repaired(self, action: RepairAction, reason: str) -> "Draft":
        repair = Repair(self.line.number, shown(self.line.text), action, reason)
        return replace(self, repairs=(*self.repairs, repair))


Rule = Callable[[Draft], Draft]


def shown(text: str) -> str:
    """A line as it can be shown back: one line, bounded, what cannot be printed escaped, no password of an address."""
    text = _CREDENTIALS.sub("//***@", text)
    escaped = text if _PRINTABLE.fullmatch(text) else text.encode("unicode_escape").decode("ascii")
    return escaped if len(escaped) <= SHOWN_LENGTH else escaped[: SHOWN_LENGTH - 1] + "…"


def refuse_what_is_not_ascii(draft: Draft) -> Draft:
    if _PRINTABLE.fullmatch(draft.line.text) is None:
        return draft.refused("it has characters that are not plain ASCII; package names and versions have none")
    return draft


def drop_the_client(draft: Draft) -> Draft:
    text = draft.line.text
    editable = _EDITABLE.fullmatch(text)
    if editable is not None:
        found = _EGG.search(editable["target"]) or _EDITABLE_COMMENT.fullmatch(draft.line.comment_before)
        name = found["name"] if found else None
    else:
        start = re.match(r"[A-Za-z0-9._-]+(?=\s*(?:@|==))", text)
        name = start[0] if start else None
    if name is not None and canonicalize_name(name) == CLIENT_PACKAGE:
        return draft.dropped(_CLIENT_REASON)
    return draft


def refuse_options_and_addresses(draft: Draft) -> Draft:
    text = draft.line.text
    if _EDITABLE.fullmatch(text):
        return draft.refused(
            "an editable install is not a published package; publish it to the lake's index and pin its version, "
            "or remove the line if the model does not need it"
        )
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


def take_the_pin(draft: Draft) -> Draft:
    requirement = draft.requirement
    if requirement is None:
        return draft
    if canonicalize_name(requirement.name) == CLIENT_PACKAGE:
        return draft.dropped(_CLIENT_REASON)
    specifiers = list(requirement.specifier)
    pin_it = _PIN_IT.format(name=requirement.name)
    if not specifiers:
        return draft.refused(f"it has no version; {pin_it}")
    if len(specifiers) > 1 or specifiers[0].operator not in {"==", "==="}:
        return draft.refused(f"it allows more than one version; {pin_it}")
    if specifiers[0].operator == "===":
        return draft.refused("=== is not supported; write == and the version")
    if specifiers[0].version.endswith("*"):
        return draft.refused(f"it has a wildcard; {pin_it}")
    try:
        pin = Pin.of(requirement.name, specifiers[0].version, tuple(requirement.extras))
    except ValueError:
        return draft.refused(f"its name or version cannot be read; {pin_it}")
    return _tooling(draft, pin) if pin.name in TOOLING else draft.wanted(pin)


def _tooling(draft: Draft, pin: Pin) -> Draft:
    if pin.name == "pkg-resources":
        return draft.dropped("Debian's pip lists it by mistake; there is no such package")
    reason = "installing tools are not installed on their own; it is used, at this version, if a package requires it"
    return draft.repaired("constraint", reason).wanted(pin, constraint=True)


RULES: tuple[Rule, ...] = (
    refuse_what_is_not_ascii,
    drop_the_client,
    refuse_options_and_addresses,
    note_hashes,
    parse,
    evaluate_the_marker,
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
