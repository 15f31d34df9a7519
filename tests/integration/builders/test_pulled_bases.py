"""Bases that are pulled: a second engine, beside a real registry that mirrors what the Docker Hub would give."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import docker
import pytest

from builders.report import SilentReport
from builders.runtimes import dev_image, install_base, list_bases
from tests.conftest import ROOT

START_SECONDS = 60
REGISTRY = "127.0.0.1:5000"
pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.getuid() != 0, reason="a second engine needs root"),
]


@pytest.fixture(scope="module")
def other_engine() -> Iterator[docker.DockerClient]:
    """An engine without images and without a way to the internet."""
    with tempfile.TemporaryDirectory(prefix="weles-engine-") as name:
        folder = Path(name)
        script = Path(__file__).with_name("engine_with_mirror.sh")
        process = subprocess.Popen([script, folder, ROOT / ".cache" / "docker-registry"], start_new_session=True)
        try:
            _wait_for(folder, process)
            with closing(docker.DockerClient(f"unix://{folder}/docker.sock")) as client:
                yield client
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, "".join(log.read_text()[-2000:] for log in folder.glob("*.log"))
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(f"{folder}/docker.sock")
            return
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize(("language", "published"), [("python", "library/python:3.11-slim"), ("r", "rocker/r-ver:4.2")])
def test_what_a_registry_has_is_pulled_and_nothing_is_made(
    engine: docker.DockerClient, other_engine: docker.DockerClient, request: pytest.FixtureRequest, tmp_path: Path,
    language: str, published: str,
) -> None:  # fmt: skip
    made = request.getfixturevalue("base" if language == "python" else "r_base")
    (image,) = other_engine.images.load(b"".join(engine.images.get(made.image).save(named=True)))
    name, tag = published.split(":")
    assert image.tag(f"{REGISTRY}/{name}", tag)
    assert '"error"' not in other_engine.images.push(f"{REGISTRY}/{name}", tag)
    other_engine.images.remove(image.id, force=True)
    assert list_bases(other_engine) == [each for each in list_bases(other_engine) if each.language != language]

    # There are no scripts in this folder: only pulling can give a base.
    base = install_base(other_engine, language, tag.removesuffix("-slim"), SilentReport(), tmp_path)
    assert (base.language, base.version) == (language, made.version)
    assert base in list_bases(other_engine)
    assert base.image_id == other_engine.images.get(base.image).id
    if language == "r":
        # An image of rocker has its compilers: it is its own sister.
        assert other_engine.images.get(dev_image(base)).labels["weles.base-dev"] == "r"
    tags = {tag for image in other_engine.images.list() for tag in image.tags}
    assert not any(tag.startswith(("python:", "rocker/")) for tag in tags)
