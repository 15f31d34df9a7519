"""The lake that most integration tests share: started once, stopped and swept at the end."""

from collections.abc import Iterator

import docker
import pytest

from tests.conftest import remove_lake
from tests.integration.lake import Lake


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str) -> Iterator[Lake]:
    lake = Lake(tmp_path_factory.mktemp("lake"), {"WELES_MAX_UPLOAD_BYTES": str(64 << 20)})
    lake.start()
    yield lake
    if lake.process is not None and lake.process.poll() is None:
        lake.stop()
    left = engine.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake.name}"})
    remove_lake(engine, lake.name)
    assert left == []
