"""`make demo` and `make stop`, as a newcomer runs them: every crossing between the languages."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
        timeout=1500,
        check=False,
    )


def another_label(table: dict[str, Any]) -> None:
    if table["columns"] == ["prediction"]:
        table["data"][-1][0] = "another"


def another_probability(table: dict[str, Any]) -> None:
    if table["columns"] != ["prediction"]:
        table["data"][-1][-1] += 1e-8


def other_classes(table: dict[str, Any]) -> None:
    table["columns"].reverse()


def compared_after(demo: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> int:
    """Exit code of the demo's comparison after a change to what R was told of the model from Python."""
    for path in demo.glob("*.json"):
        table = json.loads(path.read_text())
        if path.name.startswith("wine.R."):
            change(table)
        (folder / path.name).write_text(json.dumps(table))
    program = ROOT / "deploy" / "local" / "demo" / "compare.py"
    return subprocess.run([sys.executable, program, folder], capture_output=True, check=False).returncode


@pytest.mark.timeout(1800)
def test_the_demo_agrees_and_the_lake_stays_until_it_is_stopped(tmp_path: Path, engine: docker.DockerClient) -> None:
    home, port = tmp_path / "lake", free_port()
    try:
        first = _make("demo", home, port)
        assert first.returncode == 0, first.stdout + first.stderr
        assert "All 6 crossings agree with the creators' own sessions (to 1e-09)." in first.stdout
        crossings = re.findall(
            r"^(wine|iris) +(Python|R) +(Python|R|curl) +\d+ +0 +\S+  (.+)$", first.stdout, re.MULTILINE
        )
        species, cultivars = "setosa, versicolor, virginica", "0, 1, 2"
        assert crossings == [
            *(("wine", "Python", caller, cultivars) for caller in ("Python", "R", "curl")),
            *(("iris", "R", caller, species) for caller in ("Python", "R", "curl")),
        ]
        # Which phases are seen depends on what is cached: the build itself may take less than a look.
        assert re.search(r"wine version 1: (resolve|fetch|build|verify) \(\d+%\)", first.stderr)
        assert "wine version 1: ready (100%)" in first.stderr
        # The freeze of the creator's session has the client in it, installed from a folder: that is left out, and said.
        assert re.search(r"note: weles @ file://\S+: dropped; it is the lake's client", first.stderr)
        assert "iris version 1: ready (100%)" in first.stderr
        token = (home / "admin-token").read_text().strip()
        assert (home / "admin-token").stat().st_mode & 0o777 == 0o600
        assert token not in first.stdout + first.stderr
        answer = requests.post(
            f"http://127.0.0.1:{port}/api/v1/models/iris/predict",
            data=(home / "demo" / "iris.csv").read_bytes(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "text/csv"},
            timeout=60,
        )
        assert answer.status_code == 200
        # A second time everything is there, the models too.
        second = _make("demo", home, port)
        assert second.returncode == 0, second.stdout + second.stderr
        assert "wine version 1: ready" in second.stderr
        assert "iris version 1: ready" in second.stderr
        assert second.stderr.count("Version 1 has the same content: no new one was made.") == 2
        for change in (another_label, another_probability, other_classes):
            assert compared_after(home / "demo", tmp_path, change) == 1
        assert compared_after(home / "demo", tmp_path, lambda table: None) == 0
    finally:
        stopped = _make("stop", home, port)
    lake = (home / "lake-id").read_text().strip()
    left = engine.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake}"})
    remove_lake(engine, lake)
    assert stopped.returncode == 0, stopped.stderr
    assert left == []
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=5)
