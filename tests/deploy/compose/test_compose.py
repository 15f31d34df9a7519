"""deploy/compose.yaml on the real engine: up, a model, the worker killed and back, all made anew; down: nothing left"""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import docker
import pytest
import requests

from builders.report import SilentReport
from builders.runtimes import install_base
from tests.conftest import ROOT, remove_lake
from tests.integration import creator
from tests.integration.lake import free_port
from tests.integration.test_upload_and_predict import split

pytestmark = [pytest.mark.docker, pytest.mark.deploy, pytest.mark.timeout(1800)]

_POSTGRES = "weles-test/postgres:bookworm"


class Compose:
    """The project of one test, in a copy of deploy/."""

    def __init__(self, folder: Path, images: str, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self.name, self.port = f"weles-test-{uuid.uuid4().hex[:8]}", free_port()
        self.folder = folder / "deploy"
        shutil.copytree(ROOT / "deploy", self.folder, ignore=shutil.ignore_patterns("secrets", ".env"))
        self.environ = {
            **os.environ,
            "WELES_PROJECT": self.name,
            "WELES_PORT": str(self.port),
            "WELES_IMAGES": images,
            "POSTGRES_IMAGE": _POSTGRES,
            **settings,
        }
        plugin = _output(ROOT / "deploy/local/compose.sh")
        if plugin:
            self.environ["DOCKER_CONFIG"] = plugin
        # What this machine says of package indexes, as an operator would hand it on.
        certificates = Path(os.environ.get("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt"))
        mounts = [f"{certificates}:/etc/ssl/certs/ca-certificates.crt:ro"]
        links = os.environ.get("PIP_FIND_LINKS", "")
        cran = self.environ["WELES_CRAN"] = _output(ROOT / "deploy/local/r/cran.sh")
        mounts += [f"{each}:{each}:ro" for each in [*links.split(), cran] if Path(each).is_dir()]
        override = {"services": {"worker": {"volumes": mounts, "environment": {"PIP_FIND_LINKS": links}}}}
        (self.folder / "compose.override.yaml").write_text(json.dumps(override))
        subprocess.run([self.folder / "compose/prepare.sh"], check=True, env=self.environ)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def __call__(self, *words: str) -> str:
        command = ["docker", "compose", *words]
        done = subprocess.run(command, cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:] + self.logs()
        return done.stdout.strip()

    def logs(self) -> str:
        command = ["docker", "compose", "logs", "--tail", "60"]
        return subprocess.run(command, cwd=self.folder, env=self.environ, capture_output=True, text=True).stdout[-6000:]


def _output(*command: Any) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@pytest.fixture(scope="module")
def images(engine: docker.DockerClient, python_base: str) -> str:
    """Where web and worker of this checkout are."""
    subprocess.run([ROOT / "tests/deploy/compose/postgres.sh", _POSTGRES], check=True)
    subprocess.run([ROOT / "deploy/local/runtime.sh", "r", "4.5"], check=True)
    given = os.environ.get("WELES_TEST_IMAGES")
    if given:
        return given
    base = install_base(engine, "python", python_base, SilentReport()).image
    subprocess.run([ROOT / "deploy/image/build.sh", "weles-test-lake"], check=True, env={**os.environ, "BASE": base})
    return "weles-test-lake"


@contextmanager
def up(
    project: Compose, engine: docker.DockerClient, *words: str, before: Callable[[], object] = lambda: None
) -> Iterator[Compose]:
    """The project while it is up. Raises AssertionError if it leaves anything."""
    lake = ""
    try:
        before()
        project(*words, "up", "-d", "--wait")
        lake = project("exec", "web", "cat", "/var/lib/weles/lake-id")
        yield project
    finally:
        project("--profile", "*", "down", "-v", "--timeout", "30")
        label = {"label": f"com.docker.compose.project={project.name}"}
        left = [
            *engine.containers.list(all=True, filters=label),
            *engine.volumes.list(filters=label),
            *engine.networks.list(filters=label),
        ]
        models = engine.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake}"})
        if lake:
            remove_lake(engine, lake)
        assert [*left, *models] == []


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, images: str) -> Iterator[Compose]:
    with up(Compose(tmp_path_factory.mktemp("compose"), images), engine) as project:
        yield project


@pytest.fixture(scope="module")
def auth(compose: Compose) -> dict[str, str]:
    return token_of(compose)


def token_of(compose: Compose) -> dict[str, str]:
    return {"Authorization": f"Bearer {compose('exec', 'web', 'cat', '/var/lib/weles/admin-token')}"}


def _ask(compose: Compose, auth: dict[str, str]) -> list[Any]:
    model, data = creator.iris()
    rows = data.drop(columns="target")
    answer = requests.post(f"{compose.api}/models/flowers/predict", json=split(rows), headers=auth, timeout=120)
    assert answer.status_code == 200, answer.text + compose.logs()
    assert [row[0] for row in answer.json()["data"]] == model.predict(rows).tolist()
    return list(answer.json()["data"])


def _succeeded(compose: Compose, auth: dict[str, str], job: str) -> None:
    deadline = time.monotonic() + 400
    while True:
        document = requests.get(f"{compose.api}/jobs/{job}", headers=auth, timeout=30).json()
        if document["state"] == "succeeded":
            return
        assert document["state"] != "failed", json.dumps(document) + compose.logs()
        assert time.monotonic() < deadline, document
        time.sleep(0.5)


def test_a_model_is_made_ready_and_answers_though_the_worker_is_killed_meanwhile(
    compose: Compose, auth: dict[str, str]
) -> None:
    form = creator.form(*creator.iris(), "flowers")
    accepted = requests.post(f"{compose.api}/models", files=form, headers=auth, timeout=120)
    assert accepted.status_code == 202, accepted.text
    compose("kill", "worker")
    compose("up", "-d", "--wait")
    _succeeded(compose, auth, accepted.json()["job"])
    _ask(compose, auth)


def test_the_languages_cross_as_in_make_demo(compose: Compose, auth: dict[str, str], tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(auth["Authorization"].removeprefix("Bearer "))
    crossing = [ROOT / "deploy/local/cross.sh", compose.api.removesuffix("/api/v1"), token, tmp_path / "crossing"]
    done = subprocess.run(crossing, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:] + compose.logs()
    assert "All 6 crossings agree" in done.stdout


def test_only_the_worker_has_the_engine_and_nobody_is_root(compose: Compose, engine: docker.DockerClient) -> None:
    for service in ("web", "worker"):
        container = engine.containers.get(compose("ps", "-q", service))
        sockets = [each for each in container.attrs["Mounts"] if each["Destination"].endswith("docker.sock")]
        assert len(sockets) == (1 if service == "worker" else 0)
        assert container.attrs["HostConfig"]["ReadonlyRootfs"]
        assert compose("exec", service, "id", "-u") == "10001"
        password = (compose.folder / "compose/secrets/database-password").read_text()
        assert password not in json.dumps(container.attrs)


def test_an_upgrade_keeps_everything(compose: Compose, auth: dict[str, str]) -> None:
    compose("up", "-d", "--wait", "--force-recreate")
    _ask(compose, auth)


def test_a_backup_of_it_is_a_lake_elsewhere(compose: Compose, auth: dict[str, str]) -> None:
    """What was in Postgres comes up in SQLite, in another home of the worker's."""
    admin = ("exec", "-T", "worker", "weles-admin")
    compose(*admin, "backup", "/var/lib/weles/backup", "--no-bases")
    compose(*admin, "restore", "/var/lib/weles/backup", "--check")
    elsewhere = ("exec", "-T", "-e", "WELES_DATABASE_URL_FILE=", "-e", "WELES_HOME=/var/lib/weles/restored", "worker")
    compose(*elsewhere, "weles-admin", "restore", "/var/lib/weles/backup")
    users = json.loads(compose(*elsewhere, "weles-admin", "users", "list", "--json"))
    assert "admin" in json.dumps(users)
    checked = "select name from models order by name"
    program = (
        f"import sqlite3; print(sqlite3.connect('/var/lib/weles/restored/lake.sqlite').execute({checked!r}).fetchall())"
    )
    assert "flowers" in compose(*elsewhere, "python", "-c", program)


def test_a_bucket_of_ones_own_and_https_in_front(
    tmp_path: Path, engine: docker.DockerClient, images: str, python_base: str
) -> None:
    """The profiles `s3` and `tls`: models lie in the bucket, and callers trust the proxy's own authority."""
    base = install_base(engine, "python", python_base, SilentReport()).image
    subprocess.run([ROOT / "tests/deploy/compose/caddy.sh", "weles-test/caddy:bookworm"], check=True)
    subprocess.run([ROOT / "tests/deploy/compose/s3.sh", "weles-test/s3:latest", base], check=True)
    settings = {
        "PROXY_IMAGE": "weles-test/caddy:bookworm",
        "S3_IMAGE": "weles-test/s3:latest",
        "WELES_BUCKET": "s3://models/lake",
        "WELES_S3_ENDPOINT": "http://s3:9000",
        "WELES_HTTP_PORT": str(free_port()),
        "WELES_HTTPS_PORT": str(free_port()),
    }
    project = Compose(tmp_path, images, settings)

    def make_bucket() -> None:
        project("--profile", "s3", "up", "-d", "s3")
        store = project("--profile", "s3", "ps", "-q", "s3")
        (network,) = engine.containers.get(store).attrs["NetworkSettings"]["Networks"].values()
        address = f"http://{network['IPAddress']}:9000"
        deadline = time.monotonic() + 120
        while True:
            try:
                requests.put(f"{address}/models", timeout=5).raise_for_status()
                return
            except requests.RequestException:
                assert time.monotonic() < deadline, project.logs()
                time.sleep(0.5)

    with up(project, engine, "--profile", "s3", "--profile", "tls", before=make_bucket):
        authority = tmp_path / "authority.crt"
        wanted = "/data/caddy/pki/authorities/local/root.crt"
        deadline = time.monotonic() + 60
        while not authority.exists() or not authority.read_text():
            assert time.monotonic() < deadline
            authority.write_text(project("--profile", "tls", "exec", "-T", "proxy", "cat", wanted))
        auth = token_of(project)
        form = creator.form(*creator.iris(), "flowers")
        address = f"https://localhost:{settings['WELES_HTTPS_PORT']}/api/v1"
        # The authority is there a moment before its first certificate.
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"{address}/models", verify=str(authority), timeout=5)
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline, project.logs()
                time.sleep(0.2)
        accepted = requests.post(f"{address}/models", files=form, headers=auth, timeout=120, verify=authority)
        assert accepted.status_code == 202, accepted.text
        _succeeded(project, auth, accepted.json()["job"])
        _ask(project, auth)
        listed = "import boto3; print(boto3.client('s3', endpoint_url='http://s3:9000').list_objects_v2(Bucket='models')['KeyCount'])"
        assert int(project("exec", "-T", "web", "python", "-c", listed)) >= 2
