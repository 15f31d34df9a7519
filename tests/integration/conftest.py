"""The lakes that most integration tests share: started once, stopped and swept at the end."""

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.conftest import remove_lake
from tests.integration.lake import Lake


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
