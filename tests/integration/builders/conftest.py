"""A real base, a builder of a lake of its own, and a runtime that answers `hello`."""

import ipaddress
import time

import pytest
from private_index import serve

from builders.docker_builder import DockerBuilder
from builders.packages import PackageStore
from builders.report import SilentReport
from builders.runtimes import install_base
from builders.site import SiteSettings


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
    return folder


@pytest.fixture
def make_builder(engine, lake_name, packages_folder, runtimes):
    def make(*, store=None, site=None, timeout=300):
        return DockerBuilder(
            engine,
            store=PackageStore(store or packages_folder),
            site=site or SiteSettings.from_host(),
            lake=lake_name,
            runtimes_folder=runtimes,
            timeout_seconds=timeout,
        )

    return make


@pytest.fixture
def private_index(engine):
    """An index that containers can reach at the bridge's own address, and that asks for a password."""
    subnet = ipaddress.ip_network(engine.networks.get("bridge").attrs["IPAM"]["Config"][0]["Subnet"], strict=False)
    with serve(str(next(subnet.hosts())), "reader:Zq7-index-password") as server:
        yield server
