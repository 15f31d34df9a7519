"""Package files from the index into the package store; sources are compiled to wheels on the way.

Both happen in throw-away containers: downloading runs no foreign code, compiling does. What comes out of either is
checked again here before it is kept.
"""

import json
from collections.abc import Callable, Sequence

import docker
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from builders.bases import Base
from builders.dev_bases import with_compilers
from builders.diagnosis import Diagnosis, diagnose
from builders.errors import BuilderUnavailable, BuildFailed
from builders.lock import LockedPackage, Resolution
from builders.packages import PackageStore, WrongContent
from builders.pins import Pin
from builders.report import BuildReport, SilentReport
from builders.resolve import UV_ENVIRONMENT, asker, failure, with_a_wheel
from builders.runtimes import dev_base
from builders.site import SiteSettings
from builders.source_failures import CAUSES_OF_SOURCES, COMPILERS_MAY_HELP
from builders.throwaway import INPUT, OUTPUT, Finished, throw_away
from builders.tools import TOOLS, ensure_tools
from builders.watch import Watch


class Fetcher:
    """Brings what a resolution locks into the store, for one base."""

    def __init__(
        self,
        client: docker.DockerClient,
        base: Base,
        *,
        store: PackageStore,
        site: SiteSettings,
        lake: str,
        watch: Watch,
        report: BuildReport,
    ) -> None:
        self._client = client
        self._base = base
        self._store = store
        self._site = site
        self._lake = lake
        self._watch = watch
        self._report = report

    def fetch(self, resolution: Resolution) -> None:
        """What is in the store already is not fetched again. Raises BuildFailed, Unwanted, BuilderUnavailable."""
        packages = resolution.lock.packages
        missing = [each for each in packages if self._store.ready(each, self._base.version) is None]
        wanted = [each for each in missing if self._store.file(each.file) is None]
        sources = [each for each in missing if each.kind == "sdist"]
        self._report.phase("fetch", 0.0, f"to download: {len(wanted)} of {len(packages)} packages")
        if wanted:
            self._download(wanted, resolution)
        for number, package in enumerate(sources, start=1):
            detail = f"compiling {package.name} {package.version}, {number} of {len(sources)}"
            self._report.phase("fetch", 0.5 + 0.5 * (number - 1) / len(sources), detail)
            self._compile(package)
        self._report.phase("fetch", 1.0, f"packages in the store: {len(packages)}")

    def _download(self, wanted: Sequence[LockedPackage], resolution: Resolution) -> None:
        by_hash = {package.file.sha256: package for package in wanted}
        plan = [
            {
                "url": resolution.urls.get(sha256, ""),
                "sha256": sha256,
                "label": f"{package.name}=={package.version}",
            }
            for sha256, package in by_hash.items()
        ]
        with throw_away(
            self._client,
            image=ensure_tools(self._client, self._base),
            command=("python3", f"{TOOLS}/fetch.py", f"{INPUT}/plan.json", OUTPUT),
            lake=self._lake,
            role="fetch",
            network=True,
            environment=self._site.container_environment(),
            mounts=self._site.mounts(),
            secrets=self._site.secrets(),
        ) as container:
            container.put({"plan.json": json.dumps(plan).encode()})
            finished = container.run(self._watch, self._report.log, self._progress(wanted))
            # Also after a failure: what did come need not be fetched again.
            for name, content in container.output():
                if name in by_hash:
                    try:
                        self._store.add(by_hash[name].file, content)
                    except WrongContent as error:
                        log = f"hash mismatch for {by_hash[name].name}=={by_hash[name].version}: {error.got}"
                        raise failure(diagnose("fetch", log), log) from error
        self._check(finished, "downloading")

    def _progress(self, wanted: Sequence[LockedPackage]) -> Callable[[str], None]:
        size = sum(package.file.size for package in wanted)
        share = 0.5 if any(package.kind == "sdist" for package in wanted) else 1.0

        def take(line: str) -> None:
            try:
                done = json.loads(line)
                files, count = int(done["files"]), int(done["bytes"])
            except (ValueError, KeyError, TypeError):
                return
            fraction = count / size if size else files / len(wanted)
            detail = f"{files} of {len(wanted)} packages, {count / 1e6:.0f} MB"
            self._report.phase("fetch", share * min(1.0, max(0.0, fraction)), detail)

        return take

    def _compile(self, package: LockedPackage) -> None:
        """Compile where the interpreter is, which is enough for pure Python; else where there are compilers too."""
        sister = dev_base(self._client, self._base)
        finished, kept = self._try(package, sister or self._base)
        if sister is None and not kept and self._may_need_a_compiler(finished, package):
            self._report.log(f"compiling {package.name} again, with compilers")
            sister = with_compilers(self._client, self._base, self._report, self._watch)
            finished, kept = self._try(package, sister)
        self._check(finished, f"compiling {package.name}", package)
        if not kept:
            raise _broken(package, "compiling it made no wheel")

    def _try(self, package: LockedPackage, base: Base) -> tuple[Finished, bool]:
        """Compile in a throw-away container of a base; how it ended, and whether there is a wheel now."""
        source = self._store.file(package.file)
        if source is None:
            raise _broken(package, "its source is not in the package store")
        name = package.file.filename
        with throw_away(
            self._client,
            image=ensure_tools(self._client, base),
            command=(f"{TOOLS}/uv", "build", "--wheel", "--python", "python3", "--out-dir", OUTPUT, f"{INPUT}/{name}"),
            lake=self._lake,
            role="compile",
            network=True,
            environment=self._site.container_environment() | UV_ENVIRONMENT,
            mounts=self._site.mounts(),
            secrets=self._site.secrets(),
        ) as container:
            container.put({name: source})
            finished = container.run(self._watch, self._report.log)
            if finished.exit_code != 0 or finished.timed_out:
                return finished, False
            for filename, content in container.output():
                if filename.endswith(".whl"):
                    _check_wheel(package, filename)
                    self._store.add_built(package, self._base.version, filename, content)
                    return finished, True
        return finished, False

    def _check(self, finished: Finished, doing: str, package: LockedPackage | None = None) -> None:
        log = finished.stderr
        if finished.timed_out:
            log += f"{doing} took longer than {self._watch.limit:.0f} seconds and was ended\n"
        elif finished.exit_code == 0:
            return
        elif package is not None:
            log += _built_nothing(package)
        error = failure(diagnose("fetch", log), log)
        if package is None or isinstance(error, BuilderUnavailable) or error.diagnosis.cause not in CAUSES_OF_SOURCES:
            raise error
        raise BuildFailed(self._with_a_wheel(error.diagnosis, package), error.log_tail)

    def _with_a_wheel(self, diagnosis: Diagnosis, package: LockedPackage) -> Diagnosis:
        tools = ensure_tools(self._client, self._base)
        ask = asker(self._client, tools, site=self._site, lake=self._lake, watch=self._watch, report=SilentReport())
        return with_a_wheel(diagnosis, Pin(package.name, package.version), self._base, ask)

    @staticmethod
    def _may_need_a_compiler(finished: Finished, package: LockedPackage) -> bool:
        """False for what compilers would not change: time is up, the lake has no network, the package is too old."""
        failed = finished.exit_code != 0 and not finished.timed_out
        return failed and diagnose("fetch", finished.stderr + _built_nothing(package)).cause in COMPILERS_MAY_HELP


def _built_nothing(package: LockedPackage) -> str:
    """The line that says which package's log it was: uv has only seen a file."""
    return f"failed to build `{package.name}=={package.version}`\n"


def _check_wheel(package: LockedPackage, filename: str) -> None:
    """The wheel's name comes out of a container in which foreign code ran: it must be the package's own."""
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise _broken(package, "compiling it made a file that is no wheel") from error
    if name != package.name or version.public != Version(package.version).public:
        raise _broken(package, f"compiling it made {name} {version} instead")


def _broken(package: LockedPackage, reason: str) -> BuildFailed:
    summary = f"{package.name} {package.version} cannot be installed: {reason}."
    suggestion = f"Choose a version of {package.name} that has a wheel for Linux and this Python version."
    return BuildFailed(Diagnosis("fetch", package.name, "compile-failed", summary, reason, suggestion), reason)
