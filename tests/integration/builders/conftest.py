"""A real base, a builder of a lake of its own, and a runtime that answers `hello`."""

import dataclasses
import ipaddress
import socket
import subprocess
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import docker
import pytest
from private_index import serve
from small_cran import serve_cran

from builders.docker_builder import DockerBuilder
from builders.packages import PackageStore
from builders.report import SilentReport
from builders.runtimes import install_base
from builders.site import SiteSettings
from tests.conftest import ROOT

ENGINE_SECONDS = 60


class Recording:
    """A report that remembers."""

    def __init__(self):
        self.phases = []
        self.lines = []
        self.began = time.monotonic()

    def phase(self, name, fraction, detail):
        self.phases.append((name, fraction, detail))

    def log(self, line):
        self.lines.append(line)


@pytest.fixture
def report():
    return Recording()


@pytest.fixture(scope="session")
def base(engine):
    """Python 3.11 from Debian bookworm; it belongs to the machine and stays."""
    return install_base(engine, "python", "3.11", SilentReport())


@pytest.fixture(scope="session")
def packages_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="session")
def runtimes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runtime-images")
    (folder / "python" / "runtime").mkdir(parents=True)
    (folder / "python" / "runtime" / "__main__.py").write_text("import greeting\nprint(greeting.TEXT)\n")
    (folder / "python" / "runtime" / "greeting.py").write_text("TEXT = 'hello from the runtime'\n")
    (folder / "r" / "runtime").mkdir(parents=True)
    (folder / "r" / "runtime" / "start.sh").write_text(
        "exec Rscript --vanilla -e 'cat(\"hello from the runtime\\n\")'\n"
    )
    (folder / "r" / "runtime" / "compile.R").write_text("compiler::cmpfun(identity)\n")
    return folder


@pytest.fixture
def make_builder(engine, lake_name, packages_folder, runtimes):
    def make(*, store=None, site=None, timeout=300, registry="", buildx=None, patient=True):
        return DockerBuilder(
            engine,
            store=PackageStore(store or packages_folder),
            site=site or SiteSettings.from_host(),
            lake=lake_name,
            runtimes_folder=runtimes,
            timeout_seconds=timeout,
            registry=registry,
            buildx=buildx,
            patient=patient,
        )

    return make


@pytest.fixture(scope="session")
def bridge(engine):
    """Address of this host on the engine's bridge, where containers can reach it."""
    subnet = ipaddress.ip_network(engine.networks.get("bridge").attrs["IPAM"]["Config"][0]["Subnet"], strict=False)
    return str(next(subnet.hosts()))


@pytest.fixture
def private_index(bridge):
    """An index that asks for a password."""
    with serve(bridge, "reader:Zq7-index-password") as server:
        yield server


@pytest.fixture
def private_cran(bridge, cran):
    """The same over HTTP; it asks for a password."""
    with serve_cran(bridge, cran, "reader:Zq7-cran-password") as server:
        yield server


@pytest.fixture
def make_r_builder(make_builder, cran):
    """Builders whose R repositories are those given, or the mirror."""

    def make(*repositories, **settings):
        addresses = tuple(map(str, repositories or (cran,)))
        return make_builder(site=dataclasses.replace(SiteSettings.from_host(), cran=addresses), **settings)

    return make


@pytest.fixture(scope="session")
def other_engine():
    """An engine without images and without a way to the internet."""
    with tempfile.TemporaryDirectory(prefix="weles-engine-") as name:
        folder = Path(name)
        script = Path(__file__).with_name("engine_with_mirror.sh")
        process = subprocess.Popen([script, folder, ROOT / ".cache" / "docker-registry"], start_new_session=True)
        try:
            _wait_for_the_engine(folder, process)
            with closing(docker.DockerClient(f"unix://{folder}/docker.sock")) as client:
                yield client
        finally:
            process.terminate()
            process.wait(30)


def _wait_for_the_engine(folder, process):
    deadline = time.monotonic() + ENGINE_SECONDS
    while True:
        assert process.poll() is None, "".join(log.read_text()[-2000:] for log in folder.glob("*.log"))
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(f"{folder}/docker.sock")
            return
        assert time.monotonic() < deadline
        time.sleep(0.2)
