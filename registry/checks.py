"""What `weles-admin doctor` looks at: the machine and, where there is one, the lake on it."""

import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from http.client import HTTPConnection, HTTPException
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from builders.errors import BuilderError
from builders.runtimes import list_bases
from registry import home as homes
from registry.blobs.stores import open_blobs
from registry.db.engine import revisions
from registry.db.references import all_referenced
from registry.disk import disk_of, engine_folder
from registry.domain.amounts import size_text
from registry.domain.errors.families import WelesError
from registry.domain.ports.blobs import Blobs
from registry.risks import risks
from registry.settings import Settings

if TYPE_CHECKING:
    from docker import DockerClient

_T = TypeVar("_T")
Verdict = Literal["ok", "note", "bad"]
_FULL = 0.9
_LITTLE_BYTES = 5 << 30
_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Check:
    """`bad` keeps the lake from working, or from being trusted; a `note` is worth knowing. `next`: what to do."""

    what: str
    verdict: Verdict
    found: str
    next: str = ""


def of_machine(settings: Settings, client: "DockerClient | None", unreachable: str) -> Iterator[Check]:
    """The engine, its disk, the interpreters. `unreachable` says why there is no client."""
    if client is None:
        yield Check("engine", "bad", unreachable, "Start the Docker Engine, or name another one with DOCKER_HOST.")
    else:
        yield from _engine(client)
        yield from _runtimes(settings, client)
    root = "" if client is None else str(client.info().get("DockerRootDir", ""))
    folder = engine_folder(root, settings.home if settings.home.is_dir() else Path("/"))
    for what, place in {"disk of the engine": folder, "disk of the lake": settings.home}.items():
        if place.is_dir():
            yield _disk(what, place)


def of_lake(settings: Settings, engine: Engine, sample: int) -> Iterator[Check]:
    """The home, the database, the processes, and `sample` stored contents and packages, taken by chance."""
    yield from _home(settings)
    yield from _processes(settings)
    try:
        now, head = revisions(engine)
        if now == head:
            yield Check("database", "ok", f"{engine.dialect.name}, revision {now}")
        else:
            said = f"{engine.dialect.name}, revision {now}, where this version has {head}"
            yield Check("database", "bad", said, "Run `weles-registry upgrade`; starting the lake does so, too.")
            return
        with engine.connect() as connection:
            needed = all_referenced(connection)
    except SQLAlchemyError as error:
        yield Check("database", "bad", str(error).splitlines()[0], "Look whether it runs, and at WELES_DATABASE_URL.")
        return
    yield _contents(open_blobs(settings), needed, sample)
    yield _packages(settings.packages_folder, sample)


def of_settings(settings: Settings) -> Iterator[Check]:
    """The risks of the settings."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for each in risks(settings, memory):
        yield Check(each.variable, "note", each.risk, f"{each.instead[0].upper()}{each.instead[1:]}.")


def _engine(client: "DockerClient") -> Iterator[Check]:
    version, info = client.version(), client.info()
    guards = [each.removeprefix("name=").partition(",")[0] for each in info.get("SecurityOptions") or ()]
    said = f"Docker {version['Version']}, API {version['ApiVersion']}, {', '.join(guards) or 'no security options'}"
    if "seccomp" in guards:
        yield Check("engine", "ok", said)
    else:
        yield Check("engine", "bad", said, "Start the engine with seccomp: it keeps models from the kernel.")


def _runtimes(settings: Settings, client: "DockerClient") -> Iterator[Check]:
    try:
        bases = list_bases(client)
    except BuilderError as error:
        yield Check("interpreters", "bad", str(error))
        return
    there = [f"{base.language} {base.version}" for base in bases]
    missing = [
        f"{language} {version}"
        for language, version in settings.wanted_runtimes
        if not any(f"{each}.".startswith(f"{language} {version}.") for each in there)
    ]
    if missing:
        how = f"weles-admin runtimes install {missing[0]}"
        yield Check("interpreters", "bad", f"missing: {', '.join(missing)}", f"The worker makes them; or: {how}")
    elif there:
        yield Check("interpreters", "ok", ", ".join(there))
    else:
        yield Check("interpreters", "bad", "none", "Make one: weles-admin runtimes install python 3.11")


def _disk(what: str, folder: Path) -> Check:
    disk = disk_of(folder)
    said = f"{size_text(disk.free)} free, {disk.fraction:.0%} used ({folder})"
    if disk.fraction > _FULL or disk.free < _LITTLE_BYTES:
        return Check(what, "note", said, "See what may go: weles-admin images plan --free 10GB; weles-admin blobs gc")
    return Check(what, "ok", said)


def _home(settings: Settings) -> Iterator[Check]:
    open_to_others = [
        str(each)
        for each in (settings.home, settings.admin_token_file)
        if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o077
    ]
    if open_to_others:
        yield Check("home", "bad", f"others may read {', '.join(open_to_others)}", "chmod go= them.")
    else:
        yield Check("home", "ok", str(settings.home))


def _processes(settings: Settings) -> Iterator[Check]:
    runs = homes.has_worker(settings)
    yield Check("worker", "ok" if runs else "note", "runs" if runs else "does not run")
    connection = HTTPConnection(settings.host, settings.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/api/v1/health")
        status = connection.getresponse().status
        said = f"answers at {settings.host}:{settings.port}"
        yield Check("web", "ok", said) if status == 200 else Check("web", "bad", f"{said} with {status}")
    except (OSError, HTTPException):
        yield Check("web", "note", f"does not answer at {settings.host}:{settings.port}", "Name its port: WELES_PORT.")
    finally:
        connection.close()


def _contents(blobs: Blobs, needed: set[str], sample: int) -> Check:
    """Every content must be there; those of a sample as they were put."""
    lost = sorted(each for each in needed if not blobs.size(each))
    chosen = _some(sorted(needed - set(lost)), sample)
    for each in chosen:
        try:
            blobs.path(each)
        except WelesError as error:
            lost.append(f"{each} ({error.detail})")
    if lost:
        found = f"{len(lost)} of {len(needed)} are lost or changed: {', '.join(lost[:3])}"
        return Check("stored contents", "bad", found, "Bring them back: weles-admin restore FOLDER --home ELSEWHERE")
    return Check("stored contents", "ok", f"{len(needed)} are there; {len(chosen)} were read, and are as they were put")


def _packages(folder: Path, sample: int) -> Check:
    files = [each for each in (folder / "sha256").glob("*/*/*") if each.is_file()]
    chosen = _some(sorted(files), sample)
    changed = [each.name for each in chosen if _sha256(each) != each.parent.name]
    if changed:
        next_step = "Remove the files: the next build fetches them again."
        return Check("package store", "bad", f"changed on the disk: {', '.join(changed[:3])}", next_step)
    return Check("package store", "ok", f"{len(files)} files; {len(chosen)} were read, and are as they were put")


def _some(all_of_them: list[_T], most: int) -> list[_T]:
    return random.sample(all_of_them, min(most, len(all_of_them)))


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def worst(checks: list[Check]) -> Verdict:
    """`bad` when one is."""
    return next(chain((each.verdict for each in checks if each.verdict == "bad"), ("ok",)))
