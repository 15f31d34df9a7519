"""The lakes that most integration tests share: started once, stopped and swept at the end."""

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from builders.report import SilentReport
from builders.runtimes import install_base
from tests.conftest import remove_lake
from tests.integration.lake import Lake
from tests.integration.r_session import RSession, r_session


def _running(lake: Lake, engine: docker.DockerClient) -> Iterator[Lake]:
    lake.start()
    yield lake
    if lake.process is not None and lake.process.poll() is None:
        lake.stop()
    left = engine.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake.name}"})
    remove_lake(engine, lake.name)
    assert left == []


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str) -> Iterator[Lake]:
    yield from _running(Lake(tmp_path_factory.mktemp("lake"), {"WELES_MAX_UPLOAD_BYTES": str(64 << 20)}), engine)


@pytest.fixture(scope="session")
def r_lake(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str, cran: Path
) -> Iterator[Lake]:
    """A lake that has R packages, too."""
    yield from _running(Lake(tmp_path_factory.mktemp("r-lake"), {"WELES_CRAN": str(cran)}), engine)


@pytest.fixture(scope="session")
def r(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RSession]:
    """A session of R with the client package."""
    with r_session(engine, tmp_path_factory.mktemp("r")) as session:
        yield session


@pytest.fixture(scope="session")
def r_own_base(engine: docker.DockerClient, r: RSession) -> None:
    """The lakes can build on the R of that session."""
    version = r.run("cat(as.character(getRversion()))").strip()
    install_base(engine, "r", version.rpartition(".")[0], SilentReport())
