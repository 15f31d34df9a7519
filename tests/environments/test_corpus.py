"""Environments as people have them: built, trained in, verified and asked, each on the real engine.

`make test` runs those that are quick and share their packages; `make test-environments` runs all, and writes the table.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from builders.docker_builder import DockerBuilder
from builders.packages import PackageStore
from builders.recipes import RUNTIME_IMAGES
from builders.site import SiteSettings
from registry.runners.docker import DockerRunner
from registry.settings import Settings
from tests.conftest import ROOT, remove_lake
from tests.environments.corpus import Case, cases
from tests.environments.measured import OUTCOMES, Absent
from tests.environments.rehearsal import NotHere, Stage, rehearse

CASES = cases()


def _parameter(case: Case) -> object:
    marks = [pytest.mark.docker, *([] if case.fast else [pytest.mark.environments])]
    return pytest.param(case, id=case.name, marks=marks)


@pytest.fixture(scope="module")
def corpus_lake(engine: docker.DockerClient) -> Iterator[str]:
    """One lake for all cases; what carries its label is removed at the end."""
    name = uuid.uuid4().hex[:12]
    yield name
    remove_lake(engine, name)


@pytest.fixture(scope="module")
def runner(
    engine: docker.DockerClient, corpus_lake: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DockerRunner]:
    home = tmp_path_factory.mktemp("corpus")
    (home / "run").mkdir()
    runner = DockerRunner(engine, corpus_lake, Settings.from_environ({}, home=home, container_memory=4 << 30))
    runner.open()
    yield runner
    runner.close()


def _builder(engine: docker.DockerClient, lake: str, site: SiteSettings) -> DockerBuilder:
    """The package store stays on this machine."""
    return DockerBuilder(
        engine,
        store=PackageStore(ROOT / ".cache" / "environments"),
        site=site,
        lake=lake,
        runtimes_folder=RUNTIME_IMAGES,
        timeout_seconds=1800,
    )


@pytest.mark.parametrize("case", [_parameter(case) for case in CASES])
def test_the_model_answers_in_its_image_as_it_did_for_its_creator(
    case: Case, engine: docker.DockerClient, corpus_lake: str, runner: DockerRunner, request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:  # fmt: skip
    site = SiteSettings.from_host(os.environ)
    if case.language == "r" and not site.cran:
        site = replace(site, cran=(str(request.getfixturevalue("cran")),))
    stage = Stage(engine, _builder(engine, corpus_lake, site), runner, site)
    outcomes = request.config.stash[OUTCOMES]
    try:
        outcomes.append(rehearse(case, stage, tmp_path))
    except NotHere as reason:
        outcomes.append(Absent(case, str(reason)))
        pytest.skip(str(reason))


def test_there_are_many_and_each_has_its_scripts() -> None:
    assert len(CASES) >= 15
    for case in CASES:
        assert {path.stem for path in case.folder.glob(f"*.{case.suffix}")} == {"train", "verify"}, case.name
