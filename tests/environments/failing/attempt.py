"""From an environment's file to a model that is loaded, by the lake's own line: what is found on the way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker

from builders.bases import Base, choose_base
from builders.diagnosis import Diagnosis
from builders.docker_builder import DockerBuilder
from builders.errors import BuilderUnavailable, BuildFailed, InvalidSpec
from builders.identity import environment_id
from builders.loading_failures import diagnose_loading
from builders.packages import PackageStore
from builders.parse import parse_environment
from builders.recipes import RUNTIME_IMAGES
from builders.report import SilentReport
from builders.runtimes import install_base
from builders.spec import EnvironmentSpec
from registry.domain.errors.model import ModelNotLoadable
from registry.domain.ports.runner import RunnableVersion
from registry.runners.docker import DockerRunner
from registry.settings import Settings
from tests.environments.failing.cases import Case, Finding
from tests.environments.failing.places import place_of

_LOG_LINES = 120
_ADDRESS = re.compile(r"\bhttps?://[^/\s`'\"]+")


class _Lines(SilentReport):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


class Line:
    """One engine, one package store, one lake's name: what all cases share."""

    def __init__(self, client: docker.DockerClient, folder: Path, lake: str, bridge: str, cran: Path | None) -> None:
        self._client = client
        self._folder = folder
        self._lake = lake
        self._bridge = bridge
        self._cran = cran
        self._store = PackageStore(folder / "packages")

    def attempt(self, case: Case) -> Finding:
        """Everything, until it fails."""
        text = case.file.read_text("utf-8")
        try:
            spec = parse_environment(case.language, text, version=case.version, filename=case.file.name).spec
        except InvalidSpec as error:
            return refused(error)
        base = self._base(case)
        folder = self._folder / case.name
        folder.mkdir()
        folder.chmod(0o755)
        report = _Lines()
        with place_of(case, self._client, self._bridge, self._cran, folder) as place:
            builder = DockerBuilder(
                self._client,
                store=self._store,
                site=place.site,
                lake=self._lake,
                runtimes_folder=RUNTIME_IMAGES,
                timeout_seconds=place.seconds,
            )
            try:
                image = self._build(builder, spec, base, report)
            except BuildFailed as error:
                return _found(error.diagnosis, report.lines, error.log_tail)
            except BuilderUnavailable as error:
                if error.diagnosis is None:
                    raise
                return _found(error.diagnosis, report.lines, "")
        return self._load(case, image, folder)

    def _base(self, case: Case) -> Base:
        install_base(self._client, case.language, case.version, SilentReport())
        bases = DockerBuilder(
            self._client,
            store=self._store,
            site=None,  # type: ignore[arg-type]
            lake=self._lake,
            runtimes_folder=RUNTIME_IMAGES,
            timeout_seconds=60,
        ).bases()
        return choose_base(case.language, case.version, bases).base

    @staticmethod
    def _build(builder: DockerBuilder, spec: EnvironmentSpec, base: Base, report: _Lines) -> str:
        resolution = builder.resolve(spec, base, report)
        builder.fetch(resolution, base, report)
        identity = environment_id(resolution.lock, base, builder.recipe(spec.language))
        return builder.build(identity, resolution.lock, base, report).image_id

    def _load(self, case: Case, image: str, folder: Path) -> Finding:
        """A model whose file names what the case loads."""
        if case.loads is None:
            return Finding("none", None, "none", "", "")
        module, name = case.loads.split()
        model = folder / "model"
        model.write_bytes(b"\x80\x04c" + f"{module}\n{name}\n".encode() + b".")
        model.chmod(0o444)
        manifest = {
            "contract": 1,
            "flavour": "python",
            "format": "pickle",
            "file": "model",
            "target": "y",
            "inputs": [],
        }
        with self._runner(folder) as runner:
            try:
                runner.start(RunnableVersion(case.name, image, model, manifest))
            except ModelNotLoadable as error:
                told = error.fields
                diagnosis = diagnose_loading(told["error_class"], told["message"], told["traceback"])
                return _found(diagnosis, [told["traceback"]], f"{told['error_class']}: {told['message']}")
        return Finding("none", None, "none", "", "")

    @contextmanager
    def _runner(self, folder: Path) -> Iterator[DockerRunner]:
        runner = DockerRunner(self._client, f"{self._lake}-run", Settings.from_environ({}, home=folder))
        (folder / "run").mkdir()
        runner.open()
        try:
            yield runner
        finally:
            runner.close()


def refused(error: InvalidSpec) -> Finding:
    """What is said of lines that cannot be used."""
    lines, reasons = zip(*((each.text, each.reason) for each in error.problems), strict=True)
    return Finding("parse", None, "refused", "\n".join(lines), "\n".join(reasons))


def _found(diagnosis: Diagnosis, lines: list[str], tail: str) -> Finding:
    last = tail.splitlines()[-1:] if tail else []
    log = "\n".join([*lines[-_LOG_LINES:], *(each for each in last if each not in lines)])
    return replace(finding(diagnosis), log=_ADDRESS.sub("https://index.example", log))


def finding(diagnosis: Diagnosis) -> Finding:
    told: dict[str, Any] = {name: getattr(diagnosis, name) for name in ("package", "cause", "line", "suggestion")}
    return Finding(phase=diagnosis.phase, **told)
