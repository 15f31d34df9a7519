"""Specification → lock: uv resolves in a throw-away container, with the site's network settings."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import docker

from builders.bases import Base
from builders.dev_bases import with_compilers
from builders.diagnosis import Diagnosis, diagnose, log_tail
from builders.errors import BuilderUnavailable, BuildFailed
from builders.lock import Lock, Resolution
from builders.pins import Pin, Repair, is_package_version
from builders.pylock import UnusableLock, parse_pylock
from builders.report import BuildReport, SilentReport
from builders.site import SiteSettings
from builders.source_failures import CAUSES_OF_SOURCES, COMPILERS_MAY_HELP
from builders.spec import AnyPin, EnvironmentSpec
from builders.throwaway import INPUT, WORK, Finished, throw_away
from builders.tools import TOOLS, ensure_tools
from builders.watch import Watch

PLATFORM = "linux/x86_64"
LAKE_CAUSES = frozenset({"disk-full", "network", "tls", "unauthorised"})
UV_ENVIRONMENT = {
    "NO_COLOR": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_CACHE_DIR": f"{WORK}/cache",
}
# The only way to learn which source uv is asking for its dependencies: nothing else of what this logs is kept.
_SAY_SOURCES = {"RUST_LOG": "uv_distribution::source=debug"}
_DEBUG, _ASKING = "DEBUG ", "DEBUG Preparing metadata for: "
_PREPARING = re.compile(r"^preparing (\S+?)==\S+$", re.MULTILINE)
_COMPILE: tuple[str, ...] = (
    *(f"{TOOLS}/uv", "pip", "compile", "--format", "pylock.toml", "--python", "python3"),
    *("--no-header", "--no-annotate", f"{INPUT}/requirements.in"),
)

Ask = Callable[[Sequence[str], Sequence[str], bool], Finished]


@dataclass(frozen=True, slots=True)
class _Attempt:
    pins: tuple[AnyPin, ...]
    constraints: tuple[Pin, ...]
    with_dependencies: bool
    repairs: tuple[Repair, ...] = ()


def resolve(
    client: docker.DockerClient,
    spec: EnvironmentSpec,
    base: Base,
    *,
    site: SiteSettings,
    lake: str,
    watch: Watch,
    report: BuildReport,
) -> Resolution:
    """Lock every package of the specification, and what they depend on, for the base's interpreter.

    Raises BuildFailed, with the nearest version there is when one does not exist, Unwanted and BuilderUnavailable.
    """
    report.phase("resolve", 0.0, f"for {base.language} {base.version}")

    def resolve_in(image: str) -> Resolution:
        ask, look = (
            asker(client, image, site=site, lake=lake, watch=watch, report=each) for each in (report, SilentReport())
        )
        return resolve_with(ask, spec, base, watch.limit, look)

    try:
        resolution = resolve_in(ensure_tools(client, base))
    except BuildFailed as error:
        if error.diagnosis.cause not in COMPILERS_MAY_HELP:
            raise
        # Some sources must be built before they say what they depend on.
        report.log("resolving again, with compilers")
        tools = ensure_tools(client, with_compilers(client, base, report, watch))
        resolution = resolve_in(tools)
    report.phase("resolve", 1.0, f"packages locked: {len(resolution.lock.packages)}")
    return resolution


def asker(
    client: docker.DockerClient, image: str, *, site: SiteSettings, lake: str, watch: Watch, report: BuildReport
) -> Ask:
    """Asks uv, each time in a throw-away container of the image, which has the tools."""

    def ask(requirements: Sequence[str], constraints: Sequence[str], with_dependencies: bool) -> Finished:
        command = _COMPILE
        command += () if with_dependencies else ("--no-deps",)
        command += ("--constraints", f"{INPUT}/constraints.txt") if constraints else ()
        with throw_away(
            client,
            image=image,
            command=command,
            lake=lake,
            role="resolve",
            network=True,
            environment=site.container_environment() | UV_ENVIRONMENT | _SAY_SOURCES,
            mounts=site.mounts(),
            secrets=site.secrets(),
        ) as container:
            container.put({"requirements.in": _lines(requirements), "constraints.txt": _lines(constraints)})
            sources = _Sources(report)
            finished = container.run(watch, sources.take)
            return replace(finished, stderr=sources.told(finished))

    return ask


class _Sources:
    """Which sources uv is asking what they need, out of its log; the rest of it is the report's."""

    def __init__(self, report: BuildReport) -> None:
        self._report = report
        self._asked: dict[str, None] = {}

    def take(self, line: str) -> None:
        if line.startswith(_ASKING):
            package = line.removeprefix(_ASKING).strip()
            self._asked[package] = None
            self._report.phase("resolve", 0.5, f"asking {package} what it needs")
        elif not line.startswith(_DEBUG):
            self._report.log(line)

    def told(self, finished: Finished) -> str:
        """Standard error without what is for programs; with the sources that were asked, if it hung."""
        lines = [line for line in finished.stderr.splitlines() if not line.startswith(_DEBUG)]
        lines += [f"preparing {package}" for package in self._asked] if finished.timed_out else []
        return "".join(f"{line}\n" for line in lines)


def resolve_with(ask: Ask, spec: EnvironmentSpec, base: Base, limit: float, look: Ask | None = None) -> Resolution:
    """Resolve by asking `ask(requirements, constraints, with_dependencies)`, again and differently where that helps.

    `look` is asked, for advice, which versions there are (default: `ask`): that is nothing for the log of a build.
    """
    attempt = _Attempt(spec.pins, spec.constraints, with_dependencies=True)
    while True:
        finished = ask([*map(str, attempt.pins)], [*map(str, attempt.constraints)], attempt.with_dependencies)
        if finished.exit_code == 0 and not finished.timed_out:
            return _resolution(base, finished.stdout.decode(), attempt.repairs)
        log = finished.stderr
        if finished.timed_out:
            preparing = {*_PREPARING.findall(log)}
            doing = f"preparing {preparing.pop()}" if len(preparing) == 1 else "resolving"
            log += f"{doing} took longer than {limit:.0f} seconds and was ended\n"
        diagnosis = diagnose("resolve", log)
        following = _next_attempt(attempt, diagnosis)
        if following is None:
            raise failure(_with_nearest(diagnosis, spec, base, look or ask), log)
        attempt = following


def failure(diagnosis: Diagnosis, log: str) -> BuildFailed | BuilderUnavailable:
    """The error for a diagnosis: the environment's fault, or the lake's."""
    if diagnosis.cause in LAKE_CAUSES:
        return BuilderUnavailable(f"{diagnosis.summary} {diagnosis.suggestion} ({diagnosis.line})", diagnosis)
    return BuildFailed(diagnosis, log_tail(log))


def _next_attempt(attempt: _Attempt, diagnosis: Diagnosis) -> _Attempt | None:
    """What else to try when the versions do not go together; None when there is nothing left."""
    if diagnosis.cause not in {"contradiction", "no-such-version", "no-such-package", "wrong-python", "no-wheel"}:
        return None
    plain = _without_local_version(attempt, diagnosis)
    if plain is not None:
        return plain
    if attempt.constraints:
        freed = ", ".join(map(str, attempt.constraints))
        reason = f"no package can be built with it ({freed}); another version is used where one is required"
        return replace(attempt, constraints=(), repairs=(*attempt.repairs, Repair(0, freed, "dropped", reason)))
    if attempt.with_dependencies and diagnosis.cause == "contradiction":
        reason = f"your freeze contradicts itself: {diagnosis.line}; it is installed exactly as frozen"
        repair = Repair(0, "", "rewritten", reason)
        return replace(attempt, with_dependencies=False, repairs=(*attempt.repairs, repair))
    return None


def _without_local_version(attempt: _Attempt, diagnosis: Diagnosis) -> _Attempt | None:
    """The plain version of the package that is at fault, where its pin has a local one (`2.3.0+cpu`)."""
    wanted = next((pin for pin in attempt.pins if pin.name == diagnosis.package and "+" in pin.version), None)
    if wanted is None or not isinstance(wanted, Pin):
        return None
    plain = replace(wanted, version=wanted.version.partition("+")[0])
    reason = f"the lake's index does not have this build; {plain} is installed"
    pins = tuple(plain if pin is wanted else pin for pin in attempt.pins)
    return replace(attempt, pins=pins, repairs=(*attempt.repairs, Repair(0, str(wanted), "rewritten", reason)))


def _with_nearest(diagnosis: Diagnosis, spec: EnvironmentSpec, base: Base, ask: Ask) -> Diagnosis:
    """Say which versions there are when the one that was asked for does not exist, or does not fit this Python."""
    pin = next((pin for pin in spec.pins if pin.name == diagnosis.package), None)
    if pin is not None and diagnosis.cause in CAUSES_OF_SOURCES:
        return with_a_wheel(diagnosis, pin, base, ask)
    if pin is None or diagnosis.cause not in {"no-such-version", "wrong-python", "no-wheel"}:
        return diagnosis
    newest = _one_version(base, ask([pin.name], (), False))
    # Without the local part: when there is no 2.1.0+cu118, then 2.1.0 is as near as can be.
    not_newer = _one_version(base, ask([f"{pin.name}<={pin.version.partition('+')[0]}"], (), False))
    nearest = not_newer or newest
    if nearest is None or newest is None:
        return replace(diagnosis, summary=f"{diagnosis.summary} No version of it fits Python {base.version}.")
    there_is = f"nearest {nearest}" if nearest == newest else f"nearest {nearest}, newest {newest}"
    return replace(
        diagnosis,
        summary=f"{diagnosis.summary.rstrip('.')}; {there_is}.",
        suggestion=f"Write {pin.name}=={nearest}, if the model works with it. {_other_only(diagnosis)}".rstrip(),
    )


def with_a_wheel(diagnosis: Diagnosis, pin: AnyPin, base: Base, ask: Ask) -> Diagnosis:
    """Say which later version has a wheel for this Python when the one that was asked for must be compiled."""
    major = pin.version.partition(".")[0]
    for wanted in (f"{pin.name}>={pin.version},=={major}.*", f"{pin.name}>={pin.version}"):
        found = _one_version(base, ask([f"--only-binary {pin.name}", wanted], (), False))
        if found is not None:
            edit = f"Write {pin.name}=={found}, which has a wheel, if the model works with it."
            return replace(diagnosis, suggestion=f"{edit} {diagnosis.suggestion}")
    return diagnosis


def _other_only(diagnosis: Diagnosis) -> str:
    """The advice to take another package, if the diagnosis has it."""
    return diagnosis.suggestion.partition(". ")[0] + "." if diagnosis.suggestion.startswith("Try ") else ""


def _one_version(base: Base, finished: Finished) -> str | None:
    if finished.exit_code != 0:
        return None
    packages = _resolution(base, finished.stdout.decode(), ()).lock.packages
    return packages[0].version if len(packages) == 1 and is_package_version(packages[0].version) else None


def _resolution(base: Base, pylock: str, repairs: tuple[Repair, ...]) -> Resolution:
    try:
        files = parse_pylock(pylock, _local_size)
        lock = Lock(base.language, base.version, PLATFORM, files.packages)
    except UnusableLock as error:
        suggestion = "Publish it to the lake's index, with hashes, or remove the line."
        diagnosis = Diagnosis("resolve", error.package, "unusable-file", f"{error}.", str(error), suggestion)
        raise BuildFailed(diagnosis, str(error)) from error
    return Resolution(lock, files.urls, repairs)


def _local_size(url: str) -> int:
    """Bytes of a file in the site's own find-links or index folder, which is mounted at its own path; else 0."""
    path = Path(unquote(urlsplit(url).path))
    return path.stat().st_size if url.startswith("file:") and path.is_file() else 0


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii")
