"""A real Kubernetes for tests, from binaries that `tests/deploy/cluster/build.sh` has built, in namespaces of its own.

`tests/deploy/cluster/run.sh` enters the namespaces and starts pytest there; elsewhere there is no cluster.
"""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

_SCRIPTS = Path(__file__).parent / "deploy" / "cluster"
_UP_SECONDS = 180
IS_HERE = os.environ.get("WELES_CLUSTER_INSIDE") == "1"


@dataclass(frozen=True)
class Cluster:
    """`registry` is where nodes get images from; `work` has the kubeconfig and the logs."""

    work: Path
    registry: str
    engine: docker.DockerClient

    @property
    def kubeconfig(self) -> Path:
        return self.work / "admin.conf"

    def kubectl(self, *arguments: str, check: bool = True, given: str | None = None) -> str:
        done = subprocess.run(
            ["kubectl", f"--kubeconfig={self.kubeconfig}", *arguments],
            capture_output=True, text=True, input=given, timeout=120, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """What `kubectl get` says, read."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def push(self, image: str, name: str) -> str:
        """Bring an image of the engine to the cluster's registry; its reference by digest."""
        repository = f"{self.registry}/{name}"
        assert self.engine.images.get(image).tag(repository, "1")
        said = [*self.engine.api.push(repository, "1", stream=True, decode=True)]
        assert not any("error" in each for each in said), said
        (digest,) = [each["aux"]["Digest"] for each in said if "aux" in each]
        self.engine.images.remove(f"{repository}:1", noprune=True)
        return f"{repository}@{digest}"

    def add_node(self) -> None:
        _script("second.sh", self.work, self.registry)

    def lose_node(self) -> None:
        """Nobody hears of node2 any more: its link is cut, and nobody looks after its pods."""
        subprocess.run(["ip", "link", "set", "to-node2", "down"], check=True)
        for name in ("node2-kubelet", "node2-containerd", "node2-proxy"):
            subprocess.run(["kill", "-9", (self.work / "run" / f"{name}.pid").read_text().strip()], check=True)


@contextmanager
def start(engine: docker.DockerClient) -> Iterator[Cluster]:
    """A cluster with one node; it ends with the namespaces."""
    work, registry = Path(os.environ["WELES_CLUSTER_WORK"]), os.environ["WELES_CLUSTER_REGISTRY"]
    cluster = Cluster(work, registry, engine)
    with (work / "registry-inside.log").open("w") as log:
        program = Path(__file__).resolve().parents[1] / ".cache/docker-registry/usr/bin/docker-registry"
        inside = subprocess.Popen([program, "serve", work / "registry.yml"], stdout=log, stderr=log)
        try:
            _push_pause(cluster)
            _script("up.sh", work, registry)
            yield cluster
        finally:
            inside.terminate()
            inside.wait(10)


def _script(name: str, work: Path, registry: str) -> None:
    with (work / f"{name}.log").open("w") as log:
        done = subprocess.run(
            [_SCRIPTS / name, os.environ["WELES_CLUSTER_BINARIES"], work, registry],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=_UP_SECONDS, check=False,
        )  # fmt: skip
    assert done.returncode == 0, (work / f"{name}.log").read_text()[-3000:]


def _push_pause(cluster: Cluster) -> None:
    """The image that holds the namespaces of every pod."""
    program = (Path(os.environ["WELES_CLUSTER_BINARIES"]) / "pause").read_bytes()
    with io.BytesIO() as spool:
        with tarfile.open(fileobj=spool, mode="w") as tar:
            entry = tarfile.TarInfo("pause")
            entry.mode, entry.size = 0o755, len(program)
            tar.addfile(entry, io.BytesIO(program))
        name = f"{cluster.registry}/pause"
        cluster.engine.api.import_image_from_data(
            spool.getvalue(), repository=name, tag="1", changes=['ENTRYPOINT ["/pause"]']
        )
    said = cluster.engine.images.push(name, "1")
    assert '"error"' not in said, said
    cluster.engine.images.remove(f"{name}:1")
