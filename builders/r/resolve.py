"""Pins → lock: base R reads the repositories in a throw-away container, and brings the sources along.

A repository does not say the SHA-256 of its files, so they are fetched to be locked; the package store keeps them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from builders.bases import Base
from builders.diagnosis import Diagnosis
from builders.errors import BuildFailed
from builders.lock import Lock, LockedPackage, PackageFile, Resolution
from builders.r.compiler import require_dev_image
from builders.r.diagnosis import diagnose_r
from builders.r.in_container import program
from builders.r.libraries import find_libraries
from builders.r.names import is_r_name, is_r_version
from builders.report import BuildReport
from builders.resolve import PLATFORM, failure
from builders.spec import EnvironmentSpec
from builders.throwaway import INPUT, Finished
from builders.watch import Watch
from builders.workshop import Workshop

_MARK = "weles-package\t"
_PACKAGES = 5000
_FIELDS = 7


@dataclass(frozen=True, slots=True)
class Found:
    """A package as the repositories have it; `system` is its SystemRequirements."""

    name: str
    version: str
    url: str
    needs: tuple[str, ...]
    links: tuple[str, ...]
    system: str

    @property
    def filename(self) -> str:
        return f"{self.name}_{self.version}.tar.gz"


def resolve_r(workshop: Workshop, spec: EnvironmentSpec, base: Base, report: BuildReport) -> Resolution:
    """Lock every package, all that they depend on, and the system's libraries.

    Raises BuildFailed, BuilderUnavailable.
    """
    report.phase("resolve", 0.0, f"for {base.language} {base.version}")
    if not spec.pins:
        return Resolution(Lock(base.language, base.version, PLATFORM, ()), {})
    found, files = _find(workshop, spec, base, report)
    names = {each.name for each in found}
    packages = tuple(
        LockedPackage(
            each.name,
            each.version,
            files[each.filename],
            "r-source",
            tuple(sorted(names.intersection(each.needs))),
            tuple(sorted(names.intersection(each.links))),
        )
        for each in found
    )
    report.phase("resolve", 0.7, "looking for system libraries")
    system = find_libraries(workshop, {each.name: each.system for each in found}, base, report)
    lock = Lock(base.language, base.version, PLATFORM, packages, system.libraries)
    report.phase("resolve", 1.0, f"packages locked: {len(packages)}")
    return Resolution(lock, {files[each.filename].sha256: each.url for each in found}, tools=system.tools)


def _find(
    workshop: Workshop, spec: EnvironmentSpec, base: Base, report: BuildReport
) -> tuple[list[Found], dict[str, PackageFile]]:
    pins = "".join(f"{pin.name}\t{pin.version}\n" for pin in spec.pins)
    with workshop.r_container(
        require_dev_image(workshop.client, base),
        ("Rscript", "--vanilla", f"{INPUT}/resolve.R"),
        "resolve",
        network=True,
    ) as container:
        container.put({"resolve.R": program("resolve.R"), "pins.tsv": pins.encode("ascii")})
        finished = container.run(workshop.watch, report.log, _progress(len(spec.pins), report))
        _check(finished, workshop.watch)
        found = parse_found(finished.stdout)
        wanted = {each.filename for each in found}
        files = {name: workshop.store.keep(name, content) for name, content in container.output() if name in wanted}
    lost = [each for each in found if each.filename not in files]
    if lost:
        raise _unusable(lost[0].name, "its source file is missing in the resolver's answer")
    return found, files


def parse_found(output: bytes) -> list[Found]:
    """The container's answer, checked (pure). Raises BuildFailed when it is not one."""
    lines = [line for line in output.decode("utf-8", "replace").split("\n") if line.startswith(_MARK)]
    found: dict[str, Found] = {}
    for line in lines[:_PACKAGES]:
        fields = line.split("\t")
        if len(fields) != _FIELDS or not is_r_name(fields[1]) or not is_r_version(fields[2]):
            raise _unusable(None, "the resolver's answer cannot be read")
        _, name, version, url, needs, links, system = fields
        if not all(map(is_r_name, (*needs.split(), *links.split()))):
            raise _unusable(name, "it needs what is not the name of an R package")
        found[name] = Found(name, version, url, tuple(needs.split()), tuple(links.split()), system)
    return [*found.values()]


def _check(finished: Finished, watch: Watch) -> None:
    log = finished.stderr
    if finished.timed_out:
        log += f"resolving took longer than {watch.limit:.0f} seconds and was ended\n"
    elif finished.exit_code == 0:
        return
    raise failure(diagnose_r("resolve", log), log)


def _progress(pins: int, report: BuildReport) -> Callable[[str], None]:
    done = 0

    def take(line: str) -> None:
        nonlocal done
        if line.startswith(_MARK):
            done += 1
            report.phase("resolve", min(0.7, 0.7 * done / pins), f"packages found: {done}")

    return take


def _unusable(package: str | None, reason: str) -> BuildFailed:
    summary = f"{package or 'The environment'} cannot be locked: {reason}."
    suggestion = "Try again; if it happens again, tell the lake's operator."
    return BuildFailed(Diagnosis("resolve", package, "unusable-file", summary, reason, suggestion), reason)
