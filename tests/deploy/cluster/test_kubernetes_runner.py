"""Pods of models on a real cluster: what they may not do, how they end, and who takes them over."""

import io
import os
import pickle
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.blobs.filesystem import FilesystemBlobs
from registry.domain.errors.lake import BuilderUnavailable
from registry.domain.errors.model import ModelOutOfMemory
from registry.domain.ports.runner import ImageGone, RunnableVersion
from registry.domain.schema import Schema
from registry.runners import remote
from registry.runners.channel import Channel
from registry.runners.kubernetes import KubernetesRunner
from registry.settings import Settings
from registry.tables.table import Table
from tests.contract.conftest import Place
from tests.contract.conftest import place as place
from tests.contract.test_runner import MANIFEST
from tests.contract.test_runner import built as built

pytestmark = [pytest.mark.docker, pytest.mark.cluster]
INPUTS = [{"name": "x", "type": "float64"}]


class Look:
    """A model that says what it finds: `predict` evaluates the text."""

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def __reduce__(self) -> tuple[Any, ...]:
        source = f"type('M', (), {{'predict': lambda self, rows: [str({self.expression})] * len(rows)}})()"
        return eval, (source,)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "run").mkdir()
    return Settings.from_environ({}, home=tmp_path, lease_seconds=5, start_seconds=40, container_memory=256 << 20)


@pytest.fixture
def lake() -> str:
    return uuid.uuid4().hex[:12]


@pytest.fixture
def runner(place: Place, lake: str, settings: Settings) -> Iterator[KubernetesRunner]:
    with place.runner(lake, settings) as it:
        it.open()
        yield it
        it.close()


def _version(settings: Settings, place: Place, built: tuple[str, str], model: object) -> RunnableVersion:
    blobs = FilesystemBlobs(settings.blobs_folder)
    digest, _ = blobs.put(io.BytesIO(pickle.dumps(model, protocol=4)))
    return RunnableVersion(
        uuid.uuid4().hex, built[1], blobs.path(digest), {**MANIFEST, "inputs": INPUTS},
        environment_id="sha256:" + "e" * 64, image_reference=place.image(built[1]), model_blob=digest,
    )  # fmt: skip


def _ask(folder: Path) -> str:
    table = Table.from_values(Schema.from_json(INPUTS), {"x": [1.0]})
    with closing(Channel()) as channel:
        answer = channel.call(folder, {"op": "predict", "mode": "exact"}, table, timeout=10).table
    return str(answer.to_values()["prediction"][0])


def _pods(place: Place, lake: str) -> list[Any]:
    return list(place.cluster.get("pods", "-n", place.namespace, "-l", f"weles={lake}")["items"])


def _see(runner: KubernetesRunner, settings: Settings, place: Place, built: tuple[str, str], expression: str) -> str:
    version = _version(settings, place, built, Look(expression))
    folder = runner.start(version)
    said = _ask(folder)
    runner.end(version.id, folder)
    return said


def test_a_model_sees_nothing_that_is_not_its_own(
    runner: KubernetesRunner, settings: Settings, place: Place, built: tuple[str, str]
) -> None:
    def see(expression: str) -> str:
        return _see(runner, settings, place, built, expression)

    names = see("sorted(name for name, value in __import__('os').environ.items() if value)")
    assert "KUBERNETES" not in names
    assert "WELES_RELAY_KEY" not in names
    assert "WELES_MODEL_URL" not in names
    assert see("__import__('os').path.exists('/var/run/secrets/kubernetes.io')") == "False"
    status = see("open('/proc/self/status').read()")
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert "Uid:\t65534\t65534" in status
    places = ("/", "/etc", "/opt/weles", "/weles/model")
    assert see(f"[__import__('os').access(place, 2) for place in {places}]") == str([False] * 4)
    assert "relay" not in see("[open(p).read() for p in __import__('glob').glob('/proc/[0-9]*/cmdline')]")


def test_what_a_pod_is_called_and_may_do_is_in_its_manifest(
    runner: KubernetesRunner, settings: Settings, place: Place, built: tuple[str, str], lake: str
) -> None:
    version = _version(settings, place, built, Look("1"))
    runner.start(version)
    (pod,) = _pods(place, lake)
    assert pod["metadata"]["labels"]["weles.version"] == version.id
    assert pod["metadata"]["labels"]["weles.environment"] == "e" * 32
    spec = pod["spec"]
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"], spec["restartPolicy"]) == (
        False, False, "Never",
    )  # fmt: skip
    assert spec["activeDeadlineSeconds"] > settings.age_seconds
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*spec["initContainers"], *spec["containers"]):
        context = container["securityContext"]
        assert context["runAsNonRoot"] is context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory", "ephemeral-storage"} <= container["resources"]["limits"].keys()
        assert "@sha256:" in container["image"]


def test_a_pod_that_nobody_renews_ends_itself(
    place: Place, lake: str, settings: Settings, built: tuple[str, str]
) -> None:
    with place.runner(lake, settings) as runner:
        runner.open()
        folder = runner.start(_version(settings, place, built, Look("1")))
        for _ in range(4):
            time.sleep(settings.lease_seconds / 2)
            runner.renew()
        assert _ask(folder) == "1"
        # The lease is not renewed any more: the runtime ends, and so does its relay.
        deadline = time.monotonic() + 10 * settings.lease_seconds
        while _pods(place, lake):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert runner.running() == {}


def test_another_worker_takes_over_what_runs(
    place: Place, lake: str, settings: Settings, built: tuple[str, str], tmp_path: Path
) -> None:
    settings = replace(settings, lease_seconds=30)
    with place.runner(lake, settings) as first:
        first.open()
        version = _version(settings, place, built, Look("7"))
        before = first.start(version)
    elsewhere = replace(settings, home=tmp_path / "elsewhere")
    elsewhere.run_folder.mkdir(parents=True)
    with place.runner(lake, elsewhere) as second:
        second.open()
        folder = second.running()[version.id]
        assert (folder.name, folder.parent) == (before.name, elsewhere.run_folder / "containers")
        assert _ask(folder) == "7"
        second.close()
    assert _pods(place, lake) == []


def test_another_secret_takes_over_nothing(place: Place, lake: str, settings: Settings, built: tuple[str, str]) -> None:
    with place.runner(lake, settings) as runner:
        runner.open()
        folder = runner.start(_version(settings, place, built, Look("7")))
        address = remote.address_of(folder)
        assert address is not None
        with pytest.raises(remote.ConnectionLost, match="another one"):
            remote.status(replace(address, key=os.urandom(32).hex()), 5)
        runner.close()


def test_a_model_that_needs_too_much_memory_is_told_so(
    runner: KubernetesRunner, settings: Settings, place: Place, built: tuple[str, str]
) -> None:
    class Greedy:
        def __reduce__(self) -> tuple[Any, ...]:
            return eval, ("[bytearray(1 << 26) for _ in range(100)]",)

    with pytest.raises(ModelOutOfMemory):
        runner.start(_version(settings, place, built, Greedy()))
    assert runner.running() == {}


def test_an_image_that_is_not_there_is_made_again(
    runner: KubernetesRunner, settings: Settings, place: Place, built: tuple[str, str], lake: str
) -> None:
    version = _version(settings, place, built, Look("1"))
    gone = replace(version, image_reference=f"{place.cluster.registry}/weles-env/none@sha256:{'0' * 64}")
    with pytest.raises(ImageGone):
        runner.start(gone)
    nowhere = replace(version, image_reference=f"127.0.0.1:1/weles-env/none@sha256:{'0' * 64}")
    with pytest.raises(BuilderUnavailable, match="cannot pull"):
        runner.start(nowhere)
    assert _pods(place, lake) == []
