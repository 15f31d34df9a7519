"""A log that ended badly → what went wrong, for a reader who has not seen the log (pure).

The table of patterns is tried from top to bottom; the first that is found in the log names the cause.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from builders.known_names import instead_of, meant
from builders.patterns import NAME, Pattern, pattern
from builders.source_failures import WHY_SOURCES_FAIL

Phase = Literal["resolve", "fetch", "build", "verify"]
LOG_TAIL_LINES = 40
SUMMARY_LENGTH = 600
LOG_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why an environment could not be made.

    `package` is the normalised name of the package at fault, None when there is no single one. `cause` is a slug for
    programs, `summary` a sentence for people, `line` the log line that tells most, `suggestion` what to do next.
    """

    phase: Phase
    package: str | None
    cause: str
    summary: str
    line: str
    suggestion: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


_NO_SUCH = ("no-such-package", "no-such-version")
_NOT_OF_THE_PACKAGE = ("timeout", "hash-mismatch", "download-failed", "contradiction")
_ASK_THE_OPERATOR = "Nothing is wrong with the environment: ask the lake's operator, and try again."

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        "disk-full",
        r"no space left on device|os error 28\b|disk quota exceeded",
        "The lake's disk is full.",
        "Ask the lake's operator to free some space, and try again.",
    ),
    pattern(
        "timeout",
        rf"(?:(?:compiling|preparing) {NAME} )?took longer than (?P<seconds>\d+) seconds and was ended",
        "It took longer than {seconds} seconds, the limit of this lake, and was ended.",
        "Try again; what was downloaded is kept. If it takes as long again, ask the operator for a higher limit.",
    ),
    pattern(
        "tls",
        r"invalid peer certificate|certificate verify failed|unknownissuer|self[- ]signed certificate",
        "The package index shows a certificate that this lake does not trust.",
        "Ask the lake's operator to set the site's CA bundle (SSL_CERT_FILE or pip's `cert` on the lake's host).",
    ),
    pattern(
        "unauthorised",
        r"\b(?:401 unauthorized|403 forbidden|407 proxy authentication)|proxy authorization required"
        r"|HTTP Error 40[137]\b|status client error \((?:401|403|407)",
        "The package index, or the proxy in front of it, refused the lake.",
        "Ask the lake's operator to check the credentials of the index in the host's pip configuration.",
    ),
    pattern(
        "network",
        r"dns error|failed to lookup address|temporary failure in name resolution|name or service not known"
        r"|connection (?:refused|reset|timed out)|network is unreachable|error sending request|operation timed out"
        r"|no route to host|tcp connect error|remote end closed connection|incompleteread|urlopen error",
        "The lake could not reach its package index.",
        _ASK_THE_OPERATOR,
    ),
    pattern(
        "hash-mismatch",
        r"hash mismatch(?: for `?" + NAME + r"==[^`\s]+)?|does not have its locked hash",
        "A downloaded file is not the one that was locked: its hash differs.",
        "Try again; if it happens again, the index or a proxy in between changes files: tell the lake's operator.",
    ),
    pattern(
        "no-such-package",
        NAME + r" was not found in the (?:package registry|provided package locations|cache)",
        "There is no package {package} in the lake's package index.",
        "Check the spelling. A package of your own that is not published cannot be installed: remove the line, "
        "or publish it to an index that the lake's operator has configured.",
    ),
    pattern(
        "wrong-python",
        r"(?:current|requested) Python version \([^)]*\) does not satisfy Python(?P<requires>\S+) and "
        + NAME
        + r"==(?P<version>[^\s]+) depends on Python",
        "{package} {version} does not work with this Python: it needs Python {requires}.",
        "Upload from a session with the Python version that made the model, or change the version of {package}.",
    ),
    pattern(
        "no-wheel",
        NAME + r"(?:==(?P<version>[^\s,]+))? has no (?:usable wheels|wheels with a matching)",
        "{package} has no file that can be installed on the lake's platform (Linux, x86-64, this Python).",
        "Choose a version of {package} that has a wheel for Linux, or remove the line if the model does not need it.",
    ),
    pattern(
        "no-such-version",
        r"there (?:is|are) no versions? of " + NAME + r"(?:\[[^\]]*\])?==(?P<version>[^\s,]+)",
        "{package} {version} does not exist in the lake's package index.",
        "Correct the version of {package}.",
    ),
    pattern(
        "contradiction",
        r"because " + NAME + r"(?:\[[^\]]*\])?[=<>!]\S* depends on|your requirements are unsatisfiable",
        "The pinned versions contradict each other.",
        "Upload the output of `pip freeze` of a session that works, all of it.",
    ),
    pattern(
        "compile-failed",
        r"failed to (?:build|download and build) `?" + NAME + r"(?:[ @=]+(?P<version>[^`\s]+))?`?",
        "{package} is only to be had as source here, and compiling it failed.",
        "Choose a version of {package} that has a wheel for Linux and this Python version.",
        because=WHY_SOURCES_FAIL,
    ),
    pattern(
        "download-failed",
        r"failed to (?:download|fetch) `?(?:" + NAME + r"(?:==(?P<version>[^`\s]+))?)?",
        "A package file could not be downloaded.",
        _ASK_THE_OPERATOR,
    ),
)


def log_tail(log: str, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log that are not blank."""
    return "\n".join([line for line in log.splitlines() if line.strip()][-lines:])


def diagnose(
    phase: Phase, log: str, patterns: Sequence[Pattern] = PATTERNS, *, package: str | None = None
) -> Diagnosis:
    """The first known cause in the log, else cause `unknown` with the log's last lines as the summary.

    `package` is at fault where the log itself names none.
    """
    raw = log[-LOG_BYTES:].replace("\r\n", "\n")
    text = _unwrap(raw)
    for each in patterns:
        found = each.expression.search(text)
        if found is not None:
            return _filled(phase, each, found, raw, package)
    return Diagnosis(
        phase=phase,
        package=None,
        cause="unknown",
        summary=f"The {phase} failed: {log_tail(log, 3)}"[:SUMMARY_LENGTH],
        line=log_tail(log, 1).strip(),
        suggestion="Read the end of the build log; the last lines before the failure usually name the package.",
    )


def _filled(phase: Phase, known: Pattern, found: re.Match[str], raw: str, package: str | None) -> Diagnosis:
    groups = {name: value or "" for name, value in found.groupdict().items()}
    reason, shown = known, found
    for each in known.because:
        behind = each.expression.search(raw)
        if behind is not None:
            reason, shown = each, behind
            groups |= {name: value or "" for name, value in behind.groupdict().items()}
            break
    name = known.normalise(groups["package"]) if groups.get("package") else package
    groups["package"] = name or "a package"
    summary = reason.summary.format(**groups)
    return Diagnosis(
        phase=phase,
        package=name,
        cause=reason.cause,
        summary=summary[:1].upper() + summary[1:] if name is None else summary,
        line=_line_around(shown) if reason.cause != "timeout" else _last_said(shown),
        suggestion=f"{_other_name(name, reason.cause)}{reason.suggestion.format(**groups)}",
    )


def _last_said(found: re.Match[str]) -> str:
    """The line before a match, if there is one: what hangs has said there what it was about to do."""
    before = found.string[: found.string.rfind("\n", 0, found.start()) + 1].rstrip()
    return before.rpartition("\n")[2].strip()[:SUMMARY_LENGTH] if before else _line_around(found)


def _other_name(package: str | None, cause: str) -> str:
    """What else to write than the package's name, where that is known; with a space after it."""
    if package is None or cause in _NOT_OF_THE_PACKAGE:
        return ""
    other = instead_of(package) or (meant(package) if cause in _NO_SUCH else None)
    return "" if other is None else f"Try {other} instead of {package}. "


def _unwrap(log: str) -> str:
    """uv wraps its explanations at spaces, with an indent: make each one line again."""
    return re.sub(r"\n[ \t]{2,}(?!cause:)(?=\S)", " ", log)


def _line_around(found: re.Match[str]) -> str:
    """The line, or as one line those, that a match is in."""
    text = found.string
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end() - 1)
    line = " ".join(text[start : end if end >= 0 else len(text)].split("\n"))
    return re.sub(r"[ \t]{2,}", " ", line).strip().removeprefix("cause: ")[:SUMMARY_LENGTH]
