"""The system's own packages that R packages need: -dev ones to compile with, run-time ones for the image."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from builders.bases import Base
from builders.errors import BuilderUnavailable
from builders.lock import LockedPackage
from builders.r.compiler import require_dev_image
from builders.r.diagnosis import diagnose_r
from builders.r.in_container import program
from builders.r.system_libraries import is_met, wanted_packages
from builders.report import BuildReport
from builders.resolve import failure
from builders.throwaway import INPUT
from builders.workshop import Workshop

_STATUS_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SystemPackages:
    """`tools` are needed to compile, `libraries` to run."""

    tools: tuple[LockedPackage, ...] = ()
    libraries: tuple[LockedPackage, ...] = ()


def find_libraries(
    workshop: Workshop, requirements: Mapping[str, str], base: Base, report: BuildReport
) -> SystemPackages:
    """What packages {name: SystemRequirements} need beyond a compiler, kept in the package store.

    Raises BuildFailed, BuilderUnavailable.
    """
    asking = {name: text for name, text in requirements.items() if not is_met(text)}
    if not asking:
        return SystemPackages()
    files = {
        "libraries.sh": program("libraries.sh"),
        "wanted": _lines(wanted_packages(asking.values())),
        "sources": _lines(sorted(f"r-cran-{name.lower()}" for name in asking)),
        "status": _installed(workshop, base),
    }
    with workshop.r_container(
        require_dev_image(workshop.client, base), ("/bin/sh", f"{INPUT}/libraries.sh"), "resolve", network=True
    ) as container:
        container.put(files)
        finished = container.run(workshop.watch, report.log)
        if finished.exit_code != 0 or finished.timed_out:
            log = finished.stderr
            if finished.timed_out:
                log += f"resolving took longer than {workshop.watch.limit:.0f} seconds and was ended\n"
            raise failure(diagnose_r("resolve", log), log)
        kept: dict[str, list[LockedPackage]] = {"tool": [], "library": []}
        for filename, content in container.output():
            kind, _, package = filename.partition("=")
            if kind in kept:
                name, version = debian_package(package)
                file = workshop.store.keep(f"{name}.deb", content)
                kept[kind].append(LockedPackage(name, version, file, "deb"))
    return SystemPackages(tuple(kept["tool"]), tuple(kept["library"]))


def debian_package(filename: str) -> tuple[str, str]:
    """Name and version in the name of a .deb, such as `libc6_2%3a2.36-9_amd64.deb` (pure). Raises ValueError."""
    parts = filename.removesuffix(".deb").split("_")
    if len(parts) != 3 or not filename.endswith(".deb"):
        raise ValueError(f"{filename!r} is not the name of a Debian package")
    return parts[0], unquote(parts[1])


def _installed(workshop: Workshop, base: Base) -> bytes:
    """dpkg's list of what the base has."""
    with workshop.r_container(base.image, ("/bin/cat", "/var/lib/dpkg/status"), "inspect", network=False) as container:
        finished = container.run(workshop.watch.within(_STATUS_SECONDS))
    if finished.exit_code != 0:
        raise BuilderUnavailable(f"{base.image} has no list of its packages (dpkg): {finished.stderr.strip()}")
    return finished.stdout


def _lines(names: list[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode("ascii")
