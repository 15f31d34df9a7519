"""`make demo` and `make stop`, as a newcomer runs them."""

import os
import re
import subprocess
from pathlib import Path

import docker
import pytest
import requests

from tests.conftest import remove_lake
from tests.integration.lake import free_port

pytestmark = pytest.mark.docker
ROOT = Path(__file__).parents[2]


def _make(target: str, home: Path, port: int) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("WELES_", "MAKE"))}
    return subprocess.run(
        ["make", target, f"PORT={port}", f"HOME_DIR={home}"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_demo_agrees_and_the_lake_stays_until_it_is_stopped(tmp_path: Path, engine: docker.DockerClient) -> None:
    home, port = tmp_path / "lake", free_port()
    try:
        first = _make("demo", home, port)
        assert first.returncode == 0, first.stdout + first.stderr
        assert "All 178 predictions agree" in first.stdout
        # Which phases are seen depends on what is cached: the build itself may take less than a look.
        assert re.search(r"wine version 1: (resolve|fetch|build|verify) \(\d+%\)", first.stderr)
        assert "wine version 1: ready (100%)" in first.stderr
        assert "weles @ file://" in first.stderr
        token = (home / "admin-token").read_text().strip()
        assert (home / "admin-token").stat().st_mode & 0o777 == 0o600
        assert token not in first.stdout + first.stderr
        answer = requests.post(
            f"http://127.0.0.1:{port}/api/v1/models/wine/predict",
            data=(home / "demo" / "rows.json").read_bytes(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=60,
        )
        assert answer.status_code == 200
        # A second time everything is there.
        second = _make("demo", home, port)
        assert second.returncode == 0, second.stdout + second.stderr
        assert "wine version 2: ready" in second.stderr
    finally:
        stopped = _make("stop", home, port)
    lake = (home / "lake-id").read_text().strip()
    left = engine.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake}"})
    remove_lake(engine, lake)
    assert stopped.returncode == 0, stopped.stderr
    assert left == []
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=5)
