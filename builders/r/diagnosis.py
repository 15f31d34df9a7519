"""A log of R that ended badly → what went wrong (pure)."""

import re
from dataclasses import replace

from builders.diagnosis import PATTERNS, SUMMARY_LENGTH, Diagnosis, Phase, diagnose
from builders.patterns import Pattern
from builders.r.system_libraries import package_with_header, package_with_library

# Begins at the beginning of a word and is bounded: logs of foreign code must not be able to make the search slow.
_NAME = r"(?<![A-Za-z0-9.])(?P<package>[A-Za-z][A-Za-z0-9.]{0,126}[A-Za-z0-9])"
_BY_CAUSE = {pattern.cause: pattern for pattern in PATTERNS}
_FAILED = re.compile(r"failed to compile R package `" + _NAME + r"==(?P<version>[0-9.-]{1,60})`")
_HEADER = re.compile(r"fatal error: (?P<header>[\w./+-]{1,200}): No such file")
_LINKER = re.compile(r"cannot find -l(?P<library>[\w.+-]{1,100})")
_ANTICONF = re.compile(r"deb: (?P<library>[a-z0-9][a-z0-9+.-]{1,100}-dev)")
_FIRST_ERROR = re.compile(
    r"^.{0,300}?(?:\bfatal error: |\berror: |\bcannot find -l|^ERROR: |^Error(?: in |: )|: not found$).{0,300}$"
    # R puts what went wrong on the next line when the call is long.
    r"(?:(?<=:)\n[ \t]+.{1,300}$|(?<=: )\n[ \t]+.{1,300}$)?",
    re.MULTILINE,
)
_DOWNLOADS = re.compile(
    r"could ?n[o']t resolve host|cannot open URL|Temporary failure in name resolution", re.IGNORECASE
)


def _pattern(cause: str, expression: str, summary: str, suggestion: str) -> Pattern:
    return Pattern(cause, re.compile(expression), summary, suggestion, normalise=str)


PATTERNS_OF_R: tuple[Pattern, ...] = (
    _BY_CAUSE["disk-full"],
    _BY_CAUSE["timeout"],
    # Before the network: a package that would download while it is installed fails here, and not by the lake's fault.
    _pattern(
        "compile-failed",
        _FAILED.pattern,
        "{package} {version} could not be compiled.",
        "Read the log around the first error; choose a version of {package} that works with this R.",
    ),
    _pattern(
        "tls",
        r"SSL certificate problem|SSL peer certificate|server certificate verification failed",
        "A package repository shows a certificate that this lake does not trust.",
        "Ask the lake's operator to set the site's CA bundle (SSL_CERT_FILE on the lake's host).",
    ),
    _pattern(
        "unauthorised",
        r"HTTP status was '40[137]|\b40[137]  ?(?:Unauthorized|Forbidden|Proxy)",
        "A package repository, or the proxy in front of it, refused the lake.",
        "Ask the lake's operator to check the credentials in WELES_CRAN.",
    ),
    _pattern(
        "network",
        r"failed to fetch the index of a repository|Could ?n[o']t resolve host|Could ?n[o']t connect to server"
        r"|Failed to connect|Timeout (?:of \d+ seconds )?was reached|cannot open URL|no Debian mirror is known"
        r"|Failed to fetch |Some index files failed to download",
        "The lake could not reach its R or Debian package repositories.",
        "Nothing is wrong with the environment: ask the lake's operator to look at WELES_CRAN and WELES_DEBIAN_MIRROR.",
    ),
    _BY_CAUSE["network"],
    _pattern(
        "no-such-version",
        r"there is no version of R package " + _NAME + r"==(?P<version>[0-9.-]+) in the R repositories; "
        r"nearest (?P<nearest>[0-9.-]*[0-9]), newest (?P<newest>[0-9.-]*[0-9])",
        "{package} {version} does not exist in the lake's R repositories; nearest {nearest}, newest {newest}.",
        "Write {package}=={nearest}, if the model works with it.",
    ),
    _pattern(
        "no-such-package",
        r"there is no package " + _NAME + r" in the R repositories",
        "There is no package {package} in the lake's R repositories.",
        "Check the spelling. For a package of Bioconductor or of your own, ask the lake's operator to add its "
        "repository to WELES_CRAN; or unload it, if the model does not need it.",
    ),
    _pattern(
        "wrong-r",
        r"R package " + _NAME + r"==(?P<version>[0-9.-]+) needs R (?P<requires>[<>=! 0-9.-]+), "
        r"and this is R (?P<r>[0-9.]*[0-9])",
        "{package} {version} does not work with R {r}: it needs R {requires}.",
        "Upload from a session with the R version that made the model, or change the version of {package}.",
    ),
    _pattern(
        "contradiction",
        r"(?P<by>[A-Za-z][A-Za-z0-9.]{0,127} [0-9.-]{1,60}) needs (?P<need>[^\n]{1,200}), but "
        + _NAME
        + r"==(?P<version>[0-9.-]+) is pinned",
        "The pinned versions contradict each other: {by} needs {need}, but {package} {version} is pinned.",
        "Upload the namespaces of a session that works, all of them.",
    ),
    _pattern(
        "contradiction",
        r"(?P<by>[A-Za-z][A-Za-z0-9.]{0,127} [0-9.-]{1,60}) needs "
        + _NAME
        + r"(?P<need>[^\n]{0,100}), and no version of it "
        r"that fits R (?P<r>[0-9.]*[0-9]) is in the repositories",
        "{by} needs {package}{need}, and the lake's R repositories have no version of it for R {r}.",
        "Pin the version of {package} that your session has.",
    ),
)


def diagnose_r(phase: Phase, log: str) -> Diagnosis:
    """The first known cause; a failed compilation with its first error line and the system library suspected."""
    diagnosis = diagnose(phase, log, PATTERNS_OF_R)
    return _compile_failure(diagnosis, log) if diagnosis.cause == "compile-failed" else diagnosis


def _compile_failure(diagnosis: Diagnosis, log: str) -> Diagnosis:
    own = log[log.rfind("* installing *source* package") :]
    first = _FIRST_ERROR.search(own)
    line = " ".join(first[0].split()) if first is not None else diagnosis.line
    library = _suspected(own)
    summary = f"{diagnosis.summary.rstrip('.')}: {line}"[:SUMMARY_LENGTH]
    if library is None and _DOWNLOADS.search(own) is not None:
        suggestion = (
            f"{diagnosis.package} downloads files while it is installed, and the lake compiles without network."
        )
        return replace(diagnosis, summary=summary, line=line, suggestion=suggestion)
    if library is None:
        return replace(diagnosis, summary=summary, line=line)
    return replace(
        diagnosis,
        summary=f"{summary}. The system library {library} is suspected to be missing.",
        line=line,
        suggestion=f"{diagnosis.package} does not declare that it needs {library}, or this lake's Debian has it not: "
        f"choose a version of {diagnosis.package} that declares it, or ask the lake's operator.",
    )


def _suspected(log: str) -> str | None:
    """The Debian package that would have what the compiler, the linker or the configure script missed."""
    header, linked, named = _HEADER.search(log), _LINKER.search(log), _ANTICONF.search(log)
    if named is not None:
        return named["library"]
    if header is not None:
        return package_with_header(header["header"]) or f"(the one that has {header['header']})"
    if linked is not None:
        return package_with_library(linked["library"]) or f"lib{linked['library']}"
    return None
