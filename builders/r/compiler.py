"""Sources of R packages → binary packages in the store, compiled once in a throw-away container without network."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from builders.bases import Base
from builders.context import build_context
from builders.diagnosis import Diagnosis
from builders.engine import engine_errors
from builders.errors import BuilderUnavailable, BuildFailed
from builders.image_build import build_image
from builders.lock import Lock, LockedPackage, Resolution
from builders.packages import PackageMissing
from builders.r.diagnosis import diagnose_r
from builders.r.in_container import program
from builders.report import BuildReport
from builders.resolve import failure
from builders.runtimes import dev_image
from builders.throwaway import INPUT, Finished
from builders.watch import Watch
from builders.workshop import Workshop

_MARK = "weles-compiling "
_TOOLS_SECONDS = 600.0
_BINARY = re.compile(r"(?P<name>[A-Za-z0-9.]+)_(?P<version>[0-9.-]+)_R_[A-Za-z0-9_.-]+\.tar\.gz")


def variant(package: LockedPackage, lock: Lock) -> str:
    """What a binary of the package is good for (pure): this R, and the packages whose headers it was compiled with."""
    sources = {each.name: each.file.sha256 for each in lock.packages}
    linked = [sources[name] for name in package.links]
    version = f"r-{lock.version}"
    return f"{version}-{hashlib.sha256(' '.join(linked).encode()).hexdigest()[:16]}" if linked else version


def compile_order(lock: Lock) -> list[LockedPackage]:
    """The packages, each after all that it needs (pure). Raises BuildFailed when they need each other in a circle."""
    packages = {package.name: package for package in lock.packages}
    graph = {name: package.needs for name, package in packages.items()}
    try:
        return [packages[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " → ".join(error.args[1])
        summary = f"These packages need each other to be installed: {circle}."
        diagnosis = Diagnosis("fetch", None, "contradiction", summary, circle, "Leave one of them out.")
        raise BuildFailed(diagnosis, summary) from error


def compile_packages(workshop: Workshop, resolution: Resolution, base: Base, report: BuildReport) -> None:
    """Have a binary of every locked package in the store; what is there is not compiled again.

    Raises BuildFailed, BuilderUnavailable, and PackageMissing when the store has lost a file: resolve again.
    """
    lock, store = resolution.lock, workshop.store
    for each in (*lock.libraries, *resolution.tools):
        if store.file(each.file) is None:
            raise PackageMissing(each.name, each.version)
    ready = {each.name: store.ready(each, variant(each, lock)) for each in lock.packages}
    missing = [package for package in compile_order(lock) if ready[package.name] is None]
    report.phase("fetch", 0.0, f"to compile: {len(missing)} of {len(lock.packages)} packages")
    if missing:
        _compile(workshop, resolution, base, missing, ready, report)
    report.phase("fetch", 1.0, f"packages in the store: {len(lock.packages)}")


def require_dev_image(client: docker.DockerClient, base: Base) -> str:
    """Name of the base's image with compilers. Raises BuilderUnavailable when it is not there."""
    name = dev_image(base)
    with engine_errors():
        try:
            client.images.get(name)
        except ImageNotFound as error:
            minor = ".".join(base.version.split(".")[:2])
            reason = (
                f"{name}, which has the compilers, is missing: weles-admin runtimes install {base.language} {minor}"
            )
            raise BuilderUnavailable(reason) from error
    return name


def _compile(
    workshop: Workshop,
    resolution: Resolution,
    base: Base,
    missing: Sequence[LockedPackage],
    ready: Mapping[str, Path | None],
    report: BuildReport,
) -> None:
    wanted = {(package.name, package.version): package for package in missing}
    with workshop.r_container(
        _image_with_tools(workshop, base, resolution.tools),
        ("/bin/sh", f"{INPUT}/compile.sh"),
        "compile",
        network=False,
    ) as container:
        container.put(_input(workshop, missing, ready, resolution.lock))
        finished = container.run(workshop.watch, report.log, _progress(missing, report))
        # Also after a failure: what did compile need not be compiled again.
        for filename, content in container.output():
            found = _BINARY.fullmatch(filename)
            package = wanted.pop((found["name"], found["version"]), None) if found is not None else None
            if package is not None:
                workshop.store.add_built(package, variant(package, resolution.lock), filename, content)
    _check(finished, workshop.watch)
    if wanted:
        name, version = next(iter(wanted))
        log = f"failed to compile R package `{name}=={version}`: it made no binary package"
        raise failure(diagnose_r("fetch", log), log)


def _input(
    workshop: Workshop, missing: Sequence[LockedPackage], ready: Mapping[str, Path | None], lock: Lock
) -> dict[str, bytes | Path]:
    needed = {name for package in missing for name in _all_needs(package, lock)}
    files: dict[str, bytes | Path] = {path.name: path for name in needed if (path := ready[name]) is not None}
    for package in missing:
        source = workshop.store.file(package.file)
        if source is None:
            raise PackageMissing(package.name, package.version)
        files[source.name] = source
    plan = "".join(f"{package.name} {package.version}\n" for package in missing)
    return files | {"plan": plan.encode("ascii"), "compile.sh": program("compile.sh")}


def _all_needs(package: LockedPackage, lock: Lock) -> set[str]:
    needs = {each.name: each.needs for each in lock.packages}
    found: set[str] = set()
    open_names = [*package.needs]
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += needs[name]
    return found


def _image_with_tools(workshop: Workshop, base: Base, tools: Sequence[LockedPackage]) -> str:
    """The base's image with compilers and what else compiling needs; made offline from the store when it is missing."""
    image = require_dev_image(workshop.client, base)
    if not tools:
        return image
    with engine_errors():
        digest = hashlib.sha256(str(workshop.client.images.get(image).id).encode())
    files: dict[str, bytes | Path] = {}
    for tool in tools:
        path = workshop.store.file(tool.file)
        if path is None:
            raise PackageMissing(tool.name, tool.version)
        files[f"tools/{path.name}"] = path
        digest.update(tool.file.sha256.encode())
    tag = f"weles-builder/{base.language}:{base.version}-{digest.hexdigest()[:12]}"
    with engine_errors():
        if workshop.client.images.list(name=tag):
            return tag
    install = "RUN --mount=type=bind,source=tools,target=/media dpkg --install /media/*.deb\n"
    files["Dockerfile"] = f"FROM {image}\n{install}".encode()
    with build_context(files, workshop.store.root) as context:
        outcome = build_image(
            workshop.client,
            context,
            tag=tag,
            labels={"weles.tools": base.language},
            watch=workshop.watch.within(_TOOLS_SECONDS),
        )
    if outcome.image_id is None:
        raise BuilderUnavailable(f"the tools that compiling needs cannot be installed: {outcome.error}")
    return tag


def _progress(missing: Sequence[LockedPackage], report: BuildReport) -> Callable[[str], None]:
    done = 0

    def take(line: str) -> None:
        nonlocal done
        if line.startswith(_MARK) and done < len(missing):
            package = missing[done]
            detail = f"compiling {package.name} {package.version}, {done + 1} of {len(missing)}"
            report.phase("fetch", done / len(missing), detail)
            done += 1

    return take


def _check(finished: Finished, watch: Watch) -> None:
    log = finished.stderr
    if finished.timed_out:
        log += f"compiling took longer than {watch.limit:.0f} seconds and was ended\n"
    elif finished.exit_code == 0:
        return
    raise failure(diagnose_r("fetch", log), log)
