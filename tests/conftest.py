"""Fixtures of all tests: the real engine, and what to do where there is none."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import hypothesis
import pytest
from docker.errors import DockerException

from builders.bases import Base
from builders.build_cache import BuildCache
from builders.report import SilentReport
from builders.runtimes import dev_image, install_base, list_bases
from registry.runners.docker import sweep
from tests import buildkit, cluster, image_registry, postgres, s3, stores
from tests.integration.lake import free_port

# How long an example takes depends on who else is at work on the machine. Before any test is read: each keeps what it
# finds then.
hypothesis.settings.register_profile("weles", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("weles")
ROOT = Path(__file__).resolve().parents[1]
BUILD_CACHE_BYTES = 4 << 30
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def _no_engine() -> str | None:
    """Why there is no Docker Engine; None when one answers."""
    try:
        client = docker.from_env(timeout=10)
        client.ping()
        client.close()
    except DockerException as error:
        return f"no Docker Engine answers: {error}"
    return None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stores", default="", help="where lakes keep their things, of: postgres,s3 (default: their homes)"
    )


@pytest.fixture(scope="session", autouse=True)
def _stores_of_lakes(request: pytest.FixtureRequest) -> None:
    names = [*filter(None, request.config.getoption("--stores").split(","))]
    assert set(names) <= {*stores.NAMES}, names
    if names:
        stores.chosen = stores.Stores(**{each: request.getfixturevalue(f"{each}_server") for each in names})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not cluster.IS_HERE:
        for item in items:
            if item.get_closest_marker("cluster"):
                item.add_marker(pytest.mark.skip(reason="needs a cluster: `make test-cluster`"))
    marked = [item for item in items if item.get_closest_marker("docker")]
    reason = _no_engine() if marked else None
    if reason is None:
        return
    if IN_CI:
        raise pytest.UsageError(f"In CI a missing engine is a failure: {reason}")
    for item in marked:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """A connection to the real Docker Engine."""
    client = docker.from_env(timeout=600)
    yield client
    # What hundreds of builds left behind would fill the disk; what is kept makes the next run quick.
    BuildCache(client, BUILD_CACHE_BYTES).tidy()
    client.close()


@pytest.fixture(scope="session")
def kubernetes(engine: docker.DockerClient) -> Iterator[cluster.Cluster]:
    """A real cluster with one node."""
    with cluster.start(engine) as it:
        yield it


@pytest.fixture(scope="session")
def lake_images(engine: docker.DockerClient) -> dict[str, str]:
    """The lake's own images by process, made from this checkout on the Python base of the machine.

    WELES_LAKE_IMAGES names some that were made before (`name`: name/web and name/worker).
    """
    if made := os.environ.get("WELES_LAKE_IMAGES"):
        return {each: f"{made}/{each}:latest" for each in ("web", "worker")}
    install_base(engine, "python", "3.11", SilentReport())
    (base,) = (each for each in list_bases(engine) if each.language == "python" and each.version.startswith("3.11."))
    name = "weles-cluster-test"
    done = subprocess.run(
        [ROOT / "deploy" / "image" / "build.sh", name], env={**os.environ, "BASE": base.image}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return {each: f"{name}/{each}:latest" for each in ("web", "worker")}


@pytest.fixture(scope="session")
def python_base(engine: docker.DockerClient) -> str:
    """The minor version of this interpreter, with a base image for it on the engine."""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    install_base(engine, "python", minor, SilentReport())
    return minor


@pytest.fixture(scope="session")
def r_base(engine: docker.DockerClient) -> Base:
    """R 4.2 from Debian bookworm, with its sister that has compilers; they belong to the machine and stay."""
    return install_base(engine, "r", "4.2", SilentReport())


@pytest.fixture(scope="session")
def cran(r_base: Base) -> Path:
    """A repository with packages of CRAN, made once per machine from Debian's source packages."""
    folder = ROOT / ".cache" / "cran"
    script = ROOT / "deploy" / "local" / "r" / "cran-mirror.sh"
    done = subprocess.run([script, dev_image(r_base), folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if postgres.programs() is None:
        assert not IN_CI, "In CI a missing Postgres is a failure"
        pytest.skip("Postgres is not installed")
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3.server(tmp_path_factory.mktemp("s3") / "log") as address:
        yield address


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a real registry."""
    try:
        with image_registry.server(tmp_path_factory.mktemp("registry") / "images", free_port()) as it:
            yield it
    except subprocess.CalledProcessError:
        pytest.skip("docker-registry comes from Debian")


@pytest.fixture(scope="session")
def remote(tmp_path_factory: pytest.TempPathFactory, registry: str) -> Iterator[buildkit.BuildKit]:
    """A real BuildKit with nothing but a way to the registry; buildx is on the path."""
    programs = buildkit.programs()
    if programs is None:
        pytest.skip("there is no BuildKit on this machine: `make test-buildkit` makes one, in minutes (root on Debian)")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", str(programs), prepend=os.pathsep)
        with buildkit.server(programs, tmp_path_factory.mktemp("buildkit") / "it", registry) as it:
            yield it


@pytest.fixture
def bucket(s3_server: str) -> s3.Bucket:
    """A new bucket over real HTTP."""
    return s3.Bucket(s3_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database, without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lake.sqlite'}"
    return stores.new_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def lake_name(engine: docker.DockerClient) -> Iterator[str]:
    """A lake's name that nobody else has; whatever carries its label is removed at the end."""
    name = uuid.uuid4().hex[:12]
    yield name
    remove_lake(engine, name)


def remove_lake(client: docker.DockerClient, name: str) -> None:
    """Remove every container and image of a lake."""
    sweep(client, name)
    for image in client.images.list(filters={"label": f"weles={name}"}):
        client.images.remove(image.id, force=True)
