"""Where the cluster's runner of the contract suite works: a namespace, its images, and a server of blobs."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from kubernetes import client, config
from waitress.server import create_server

from registry.blob_server import create_blob_app
from registry.blobs.filesystem import FilesystemBlobs
from registry.runners.kubernetes import KubernetesRunner
from registry.settings import Settings
from tests import emulator
from tests.cluster import Cluster
from tests.emulator import EmulatedPlace

_HERE = "10.97.0.1"


class Place:
    """A namespace of the cluster, and what a runner there needs."""

    def __init__(self, cluster: Cluster, lake_image: str) -> None:
        self.cluster = cluster
        self._lake_image = cluster.push(lake_image, "weles/web")
        self._images: dict[str, str] = {}
        config.load_kube_config(str(cluster.kubeconfig))
        self.api = client.CoreV1Api()
        self.namespace = f"contract-{uuid.uuid4().hex[:8]}"
        cluster.kubectl("create", "namespace", self.namespace)

    def image(self, image_id: str) -> str:
        """The reference of an image of the engine."""
        if image_id not in self._images:
            self._images[image_id] = self.cluster.push(image_id, "weles-env/contract")
        return self._images[image_id]

    @contextmanager
    def runner(self, lake: str, settings: Settings) -> Iterator[KubernetesRunner]:
        blobs, secret = FilesystemBlobs(settings.blobs_folder), "a secret of some length"
        server = create_server(create_blob_app(blobs, secret), host=_HERE, port=0, threads=4)
        thread = threading.Thread(target=_run, args=(server,), daemon=True)
        thread.start()
        complete = replace(
            settings,
            secret=secret,
            blobs_url=f"http://{_HERE}:{server.effective_port}",
            kubernetes_image=self._lake_image,
        )
        yield KubernetesRunner(self.api, self.namespace, lake, complete, blobs)
        server.close()


def _run(server: object) -> None:
    with suppress(OSError):
        server.run()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def emulated_place() -> Iterator[EmulatedPlace]:
    with emulator.api() as api:
        yield EmulatedPlace(api)


@pytest.fixture(scope="session")
def place(kubernetes: Cluster, lake_images: dict[str, str]) -> Place:
    return Place(kubernetes, lake_images["web"])
