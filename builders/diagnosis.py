"""A log that ended badly → what went wrong, for a reader who has not seen the log (pure).

The table of patterns is tried from top to bottom; the first that is found in the log names the cause.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from packaging.utils import canonicalize_name

Phase = Literal["resolve", "fetch", "build"]
LOG_TAIL_LINES = 40
SUMMARY_LENGTH = 600
LOG_BYTES = 64 << 10

# Begins at the beginning of a word and is bounded: logs of foreign code must not be able to make the search slow.
NAME = r"(?<![A-Za-z0-9._-])(?P<package>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?)"
COMPILER = r"(?:gcc|g\+\+|cc|c\+\+|gfortran|cargo|rustc|cmake)"


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


@dataclass(frozen=True, slots=True)
class Pattern:
    """One known way to fail. Templates may use the groups of `expression`; `normalise` is for names of packages."""

    cause: str
    expression: re.Pattern[str]
    summary: str
    suggestion: str
    normalise: Callable[[str], str] = canonicalize_name


def _pattern(cause: str, expression: str, summary: str, suggestion: str) -> Pattern:
    return Pattern(cause, re.compile(expression, re.IGNORECASE), summary, suggestion)


_ASK_THE_OPERATOR = "Nothing is wrong with the environment: ask the lake's operator, and try again."

PATTERNS: tuple[Pattern, ...] = (
    _pattern(
        "disk-full",
        r"no space left on device|os error 28\b|disk quota exceeded",
        "The lake's disk is full.",
        "Ask the lake's operator to free some space, and try again.",
    ),
    _pattern(
        "timeout",
        r"took longer than (?P<seconds>\d+) seconds and was ended",
        "It took longer than {seconds} seconds, the limit of this lake, and was ended.",
        "Try again; what was downloaded is kept. If it takes as long again, ask the operator for a higher limit.",
    ),
    _pattern(
        "tls",
        r"invalid peer certificate|certificate verify failed|unknownissuer|self[- ]signed certificate",
        "The package index shows a certificate that this lake does not trust.",
        "Ask the lake's operator to set the site's CA bundle (SSL_CERT_FILE or pip's `cert` on the lake's host).",
    ),
    _pattern(
        "unauthorised",
        r"\b(?:401 unauthorized|403 forbidden|407 proxy authentication)|HTTP Error 40[137]\b"
        r"|status client error \((?:401|403|407)",
        "The package index, or the proxy in front of it, refused the lake.",
        "Ask the lake's operator to check the credentials of the index in the host's pip configuration.",
    ),
    _pattern(
        "network",
        r"dns error|failed to lookup address|temporary failure in name resolution|name or service not known"
        r"|connection (?:refused|reset|timed out)|network is unreachable|error sending request|operation timed out"
        r"|no route to host|tcp connect error|remote end closed connection|incompleteread|urlopen error",
        "The lake could not reach its package index.",
        _ASK_THE_OPERATOR,
    ),
    _pattern(
        "hash-mismatch",
        r"hash mismatch(?: for `?" + NAME + r"==[^`\s]+)?|does not have its locked hash",
        "A downloaded file is not the one that was locked: its hash differs.",
        "Try again; if it happens again, the index or a proxy in between changes files: tell the lake's operator.",
    ),
    _pattern(
        "no-such-package",
        NAME + r" was not found in the (?:package registry|provided package locations|cache)",
        "There is no package {package} in the lake's package index.",
        "Check the spelling. A package of your own that is not published cannot be installed: remove the line, "
        "or publish it to an index that the lake's operator has configured.",
    ),
    _pattern(
        "wrong-python",
        r"(?:current|requested) Python version \([^)]*\) does not satisfy Python(?P<requires>\S+) and "
        + NAME
        + r"==(?P<version>[^\s]+) depends on Python",
        "{package} {version} does not work with this Python: it needs Python {requires}.",
        "Upload from a session with the Python version that made the model, or change the version of {package}.",
    ),
    _pattern(
        "no-wheel",
        NAME + r"(?:==(?P<version>[^\s,]+))? has no (?:usable wheels|wheels with a matching)",
        "{package} has no file that can be installed on the lake's platform (Linux, x86-64, this Python).",
        "Choose a version of {package} that has a wheel for Linux, or remove the line if the model does not need it.",
    ),
    _pattern(
        "no-such-version",
        r"there (?:is|are) no versions? of " + NAME + r"(?:\[[^\]]*\])?==(?P<version>[^\s,]+)",
        "{package} {version} does not exist in the lake's package index.",
        "Correct the version of {package}.",
    ),
    _pattern(
        "contradiction",
        r"because " + NAME + r"(?:\[[^\]]*\])?[=<>!]\S* depends on|your requirements are unsatisfiable",
        "The pinned versions contradict each other.",
        "Upload the output of `pip freeze` of a session that works, all of it.",
    ),
    _pattern(
        "no-compiler",
        rf"(?:no such file or directory: '\S*{COMPILER}'|command '\S*{COMPILER}' failed: no such file)"
        r"[\s\S]*failed to build `" + NAME + r"==(?P<version>[^`\s]+)`",
        "{package} {version} is only to be had as source here, and compiling it needs a compiler, which there is not.",
        "Choose a version of {package} that has a wheel for Linux and this Python version.",
    ),
    _pattern(
        "compile-failed",
        r"failed to (?:build|download and build) `?" + NAME + r"(?:[ @=]+(?P<version>[^`\s]+))?`?",
        "{package} is only to be had as source here, and compiling it failed.",
        "Choose a version of {package} that has a wheel for Linux and this Python version.",
    ),
    _pattern(
        "download-failed",
        r"failed to (?:download|fetch) `?(?:" + NAME + r"(?:==(?P<version>[^`\s]+))?)?",
        "A package file could not be downloaded.",
        _ASK_THE_OPERATOR,
    ),
)


def log_tail(log: str, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log that are not blank."""
    return "\n".join([line for line in log.splitlines() if line.strip()][-lines:])


def diagnose(phase: Phase, log: str, patterns: Sequence[Pattern] = PATTERNS) -> Diagnosis:
    """The first known cause in the log, else cause `unknown` with the log's last lines as the summary."""
    text = _unwrap(log[-LOG_BYTES:])
    for pattern in patterns:
        found = pattern.expression.search(text)
        if found is not None:
            return _filled(phase, pattern, found, text)
    return Diagnosis(
        phase=phase,
        package=None,
        cause="unknown",
        summary=f"The {phase} failed: {log_tail(log, 3)}"[:SUMMARY_LENGTH],
        line=log_tail(log, 1).strip(),
        suggestion="Read the end of the build log; the last lines before the failure usually name the package.",
    )


def _filled(phase: Phase, pattern: Pattern, found: re.Match[str], text: str) -> Diagnosis:
    groups = {name: value or "" for name, value in found.groupdict().items()}
    package = groups.get("package")
    if "{package}" in pattern.summary and not package:
        groups["package"] = "A package"
    return Diagnosis(
        phase=phase,
        package=pattern.normalise(package) if package else None,
        cause=pattern.cause,
        summary=pattern.summary.format(**groups),
        line=_line_around(text, found.start()),
        suggestion=pattern.suggestion.format(**groups),
    )


def _unwrap(log: str) -> str:
    """uv wraps its explanations at spaces, with an indent: make each one line again."""
    return re.sub(r"\n[ \t]{2,}(?!cause:)(?=\S)", " ", log.replace("\r\n", "\n"))


def _line_around(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else len(text)].strip().removeprefix("cause: ")[:SUMMARY_LENGTH]
