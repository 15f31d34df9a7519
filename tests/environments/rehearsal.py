"""One case of the corpus on the real engine: from its file to answers of the runtime that equal the creator's."""

import csv
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import docker

from builders.docker_builder import DockerBuilder
from builders.errors import BuildFailed, NoSuchRuntime
from builders.identity import environment_id
from builders.parse import parse_environment
from builders.report import SilentReport
from builders.runtimes import install_base
from builders.site import SiteSettings
from registry.domain.ports.runner import RunnableVersion
from registry.domain.schema import ColumnType, Field
from registry.runners.channel import Channel
from registry.runners.docker import DockerRunner
from registry.tables.table import Column, Table
from tests.environments.corpus import CORPUS, Case

_SECONDS = 300.0
_TOLERANCE = 1e-6


class NotHere(Exception):
    """The case cannot be tried on this machine, and why."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of a case; `build_seconds` is the build alone, of layers that were not there yet."""

    case: Case
    python: str
    packages: int
    compiled: int
    repairs: int
    image_bytes: int
    build_seconds: float
    verified: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What all cases share: `builder` (which fetches by `site`) and `runner` are of one lake."""

    client: docker.DockerClient
    builder: DockerBuilder
    runner: DockerRunner
    site: SiteSettings


def rehearse(case: Case, stage: Stage, folder: Path) -> Rehearsed:
    """Build the case, train in it, verify in it, and ask the runtime. Raises NotHere, and whatever goes wrong."""
    _require_wheel(case, stage.site)
    parsed = parse_environment(case.language, case.text, version=case.version, filename=case.file)
    try:
        base = install_base(stage.client, case.language, case.version, SilentReport())
    except NoSuchRuntime as error:
        raise NotHere(f"no base of {case.language} {case.version}: neither pulled nor in a suite of Debian") from error
    try:
        resolution = stage.builder.resolve(parsed.spec, base, SilentReport())
    except BuildFailed as error:
        if error.diagnosis.cause == "no-such-package" and error.diagnosis.package in case.may_lack:
            raise NotHere(f"the repositories here do not have {error.diagnosis.package}") from error
        raise
    lock = resolution.lock
    repairs = (*parsed.repairs, *resolution.repairs)
    told = " ".join(f"{each.text} {each.reason}" for each in repairs)
    missed = [each for each in case.left_out if each not in told]
    assert missed == [], f"repairs do not speak of {missed}: {told}"
    stage.builder.fetch(resolution, base, SilentReport())
    began = time.monotonic()
    image = stage.builder.build(
        environment_id(lock, base, stage.builder.recipe(lock.language)), lock, base, SilentReport()
    )
    seconds = time.monotonic() - began
    _script(stage.client, image.image_id, case, "train", folder)
    verified = _script(stage.client, image.image_id, case, "verify", folder).strip().splitlines()[-1]
    _ask_the_runtime(stage.runner, image.image_id, case, folder)
    return Rehearsed(
        case=case,
        python=base.version,
        packages=len(lock.packages),
        compiled=sum(each.kind in ("sdist", "r-source") for each in lock.packages),
        repairs=len(repairs),
        image_bytes=image.bytes,
        build_seconds=seconds,
        verified=verified,
    )


def _require_wheel(case: Case, site: SiteSettings) -> None:
    folders = [
        Path(unquote(urlsplit(each).path)) for each in site.find_links if "://" not in each or each[:5] == "file:"
    ]
    if case.wheel and not any(found for folder in folders for found in folder.glob(case.wheel)):
        raise NotHere(f"no folder of wheels (find-links) has {case.wheel}")


def _script(client: docker.DockerClient, image: str, case: Case, name: str, folder: Path) -> str:
    """Run a script of the case in a new container, without network; only the one that trains may write."""
    programs: dict[str, list[str]] = {
        "python": ["/opt/weles/env/bin/python", f"/corpus/{case.name}/{name}.py"],
        "r": [
            "Rscript",
            "--vanilla",
            "-e",
            f"source('/corpus/in_image/golden.R'); source('/corpus/{case.name}/{name}.R')",
        ],
    }
    training = name == "train"
    folder.chmod(0o777)
    container = client.containers.create(
        image,
        entrypoint=programs[case.language],
        command=[],
        environment={"PYTHONPATH": "/corpus/in_image", "HOME": "/tmp"},
        labels={"weles": client.images.get(image).labels["weles"]},
        volumes={
            str(CORPUS): {"bind": "/corpus", "mode": "ro"},
            str(folder): {"bind": "/exchange", "mode": "rw" if training else "ro"},
        },
        network_mode="none",
        read_only=True,
        tmpfs={"/tmp": ""},
        cap_drop=["ALL"],
        mem_limit="4g",
    )
    try:
        container.start()
        code = container.wait(timeout=_SECONDS)["StatusCode"]
        out = container.logs(stdout=True, stderr=False).decode()
        assert code == 0, (
            f"{case.name}: {name} ended with {code}\n{out}\n{container.logs(stdout=False).decode()[-3000:]}"
        )
    finally:
        container.remove(force=True)
    return out


def _ask_the_runtime(runner: DockerRunner, image: str, case: Case, folder: Path) -> None:
    """The golden rows, asked as the lake asks; the answers must be those of the session that made the model."""
    with (folder / "golden.csv").open(newline="") as file:
        (*names, _), *lines = csv.reader(file)
    fields = [Field(name.strip(), ColumnType.FLOAT64) for name in names]
    manifest = {
        "contract": 1,
        "flavour": case.flavour,
        "format": "rds" if case.language == "r" else "pickle",
        "file": "model",
        "target": None,
        "inputs": [{"name": field.name, "type": "float64"} for field in fields],
    }
    table = Table.of(
        Column.from_values(field, [float(line[number]) for line in lines]) for number, field in enumerate(fields)
    )
    version = uuid.uuid4().hex
    started = runner.start(RunnableVersion(version, image, folder / "model", manifest))
    channel = Channel()
    try:
        answer = channel.call(started, {"op": "predict", "mode": "exact"}, table, timeout=_SECONDS)
    finally:
        channel.close()
        runner.end(version, started)
    (column,) = answer.table.columns
    got = column.to_values()
    assert len(got) == len(lines)
    for one, line in zip(got, lines, strict=True):
        assert _same(one, line[-1].strip()), (one, line[-1])


def _same(answer: object, golden: str) -> bool:
    if isinstance(answer, str):
        return answer == golden
    assert isinstance(answer, int | float)
    return abs(answer - float(golden)) <= _TOLERANCE * max(1.0, abs(float(golden)))
