"""Every environment of the corpus: what the lake says of it is what is wrong with it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from builders.diagnosis import diagnose
from builders.errors import InvalidSpec
from builders.loading_failures import PATTERNS_OF_LOADING
from builders.parse import parse_environment
from builders.r.diagnosis import diagnose_r
from tests.conftest import remove_lake
from tests.environments.failing.__main__ import bridge_of
from tests.environments.failing.attempt import Line, finding, refused
from tests.environments.failing.cases import Case, cases

CASES = cases()
READ = [each for each in CASES if each.expected.phase == "parse"]
RECORDED = [each for each in CASES if each.recording.exists()]
# Of those that are really run, one of each end takes part in every `make test`.
QUICK = ("version-never-was", "certificate-not-trusted", "proxy-refuses", "hash-mismatch")


def _named(chosen: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=[each.name for each in chosen])


@pytest.fixture(scope="module")
def line(engine: docker.DockerClient, cran: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder, lake = tmp_path_factory.mktemp("failing"), f"failing-{uuid.uuid4().hex[:8]}"
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    yield Line(engine, folder, lake, bridge_of(engine), cran)
    remove_lake(engine, lake)


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(CASES) >= 35
    assert {each.language for each in CASES} == {"python", "r"}
    assert len({each.expected.cause for each in CASES}) >= 20


@_named(READ)
def test_what_is_refused_when_it_is_read(case: Case) -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse_environment(case.language, case.file.read_text("utf-8"), version=case.version, filename=case.file.name)
    assert refused(caught.value).differs(case.expected) == []


@_named(RECORDED)
def test_a_recorded_log_is_understood(case: Case) -> None:
    """The suggested edit is left out: versions that exist are asked of the index."""
    head, _, log = case.recording.read_text("utf-8").partition("\n")
    assert head.startswith("# recorded 20")
    phase = case.expected.phase
    if phase == "verify":
        found = diagnose("verify", log, PATTERNS_OF_LOADING, package=case.expected.package)
    else:
        found = (diagnose_r if case.language == "r" else diagnose)(phase, log)  # type: ignore[arg-type]
    assert [each for each in finding(found).differs(case.expected) if each != "suggestion"] == []


@pytest.mark.docker
@_named([each for each in CASES if each.name in QUICK])
def test_what_is_said_of_a_failure(line: Line, case: Case) -> None:
    found = line.attempt(case)
    assert found.differs(case.expected) == [], found


@pytest.mark.docker
@pytest.mark.environments
@_named([each for each in CASES if each.name not in QUICK and each not in READ])
def test_what_is_said_of_every_failure(line: Line, case: Case) -> None:
    found = line.attempt(case)
    assert found.differs(case.expected) == [], found
