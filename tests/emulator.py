"""A cluster without nodes: an emulator of Kubernetes' API, and a stand-in for kubelet that runs pods as processes.

What the lake puts into a pod is real (`bring`, the runtime, the relay); namespaces, rights, limits and pulling are not
there: a real cluster shows those (`tests/deploy/cluster`).
"""

import asyncio
import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import kmock
from kubernetes import client
from kubernetes.client.exceptions import ApiException
from waitress.server import create_server

from registry.blob_server import create_blob_app
from registry.blobs.filesystem import FilesystemBlobs
from registry.runners.bring import CannotBring, bring_all
from registry.runners.kubernetes import KubernetesRunner
from registry.runners.pods import MODEL, RELAY
from registry.runners.relay import PORT, Relay
from registry.settings import Settings

NAMESPACE = "emulated"
RUNTIME = Path(__file__).parents[1] / "runtime-images" / "python" / "runtime"
_LOOK_SECONDS = 0.05
# Each pod listens at an address of its own: whoever has the address now is the one that is asked.
_addresses = (f"127.77.{number >> 8}.{number & 255}" for number in itertools.count(1))


class _Emulator(kmock.KubernetesEmulator):
    async def _handle(self, request: Any) -> Any:
        # As the real API does: without a namespace nobody who watches one hears of the object.
        if request.action == kmock.action.CREATE:
            request.data["metadata"]["namespace"] = request.namespace
            request.data["status"] = {"phase": "Pending"}
        return await super()._handle(request)


@contextmanager
def api() -> Iterator[client.CoreV1Api]:
    """The API of an empty cluster."""
    ready, over = threading.Event(), asyncio.Event()
    urls: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with _Emulator() as emulator, kmock.Server(emulator) as server:
            emulator.resources["v1/pods"] = {"namespaced": True, "kind": "Pod"}
            urls.append(str(server.url))
            ready.set()
            await over.wait()

    threading.Thread(target=lambda: asyncio.run(serve()), name="kubernetes", daemon=True).start()
    assert ready.wait(10)
    configuration = client.Configuration()
    configuration.host = urls[0].rstrip("/")
    try:
        yield client.CoreV1Api(client.ApiClient(configuration))
    finally:
        # Whoever still watches keeps it from ending; it goes with the process.
        loops[0].call_soon_threadsafe(over.set)


class Pod:
    """One pod's programs, as processes and threads of this machine."""

    def __init__(self, spec: Any, folder: Path) -> None:
        self.address = next(_addresses)
        self.model_folder, self.run_folder = folder / "model", folder / "run"
        self.model_folder.mkdir(parents=True)
        self.run_folder.mkdir()
        self.failure: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        (bring,) = spec.init_containers
        variables = {each.name: each.value for each in bring.env}
        names = {"WELES_MODEL_URL": "model", "WELES_MANIFEST_URL": "model.json", "WELES_ORDER_URL": "warm.json"}
        try:
            bring_all({names[each]: url for each, url in variables.items() if each in names}, self.model_folder)
        except CannotBring as error:
            self.failure = str(error)
            return
        (self.run_folder / "lease").touch()
        model, relay = ({each.name: each for each in spec.containers}[name] for name in (MODEL, RELAY))
        self._start_model({each.name: each.value or "" for each in model.env})
        self._start_relay({each.name: each.value for each in relay.env})

    def _start_model(self, variables: dict[str, str]) -> None:
        folders = {"WELES_MODEL_DIR": str(self.model_folder), "WELES_RUN_DIR": str(self.run_folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(RUNTIME)],
            env={**os.environ, **variables, **folders},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _start_relay(self, variables: dict[str, str]) -> None:
        model_folder = self.model_folder if "WELES_MODEL_DIR" in variables else None
        lease = float(variables["WELES_LEASE_SECONDS"])
        self._relay = Relay(self.run_folder, bytes.fromhex(variables["WELES_RELAY_KEY"]), lease, model_folder)
        listener = socket.create_server((self.address, PORT), backlog=16)
        self._relaying = threading.Thread(target=self._relay.serve, args=(listener,), daemon=True)
        self._relaying.start()

    def status(self) -> dict[str, Any]:
        """As kubelet would tell it."""
        if self.failure is not None:
            return {"phase": "Failed", "initContainerStatuses": [_container("bring", 1)], "containerStatuses": []}
        assert self._process is not None
        code = self._process.poll()
        relay = None if self._relaying.is_alive() else 0
        over = code is not None and relay is not None
        return {
            "phase": ("Failed" if code else "Succeeded") if over else "Running",
            "podIP": self.address,
            "initContainerStatuses": [_container("bring", 0)],
            "containerStatuses": [_container(MODEL, code), _container(RELAY, relay)],
        }

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._relay.end()
            self._relaying.join(5)


def _container(name: str, code: int | None) -> dict[str, Any]:
    ended = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed"}}
    state = {"running": {}} if code is None else ended
    return {"name": name, "image": "", "imageID": "", "ready": code is None, "restartCount": 0, "state": state}


class Kubelet:
    """Runs the pods of the one node, and tells the API how they are."""

    def __init__(self, core: client.CoreV1Api, folder: Path) -> None:
        self._api = core
        self._folder = folder
        self._pods: dict[str, Pod] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kubelet", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)
        for each in self._pods.values():
            each.end()

    def _run(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            listed = {each.metadata.name: each for each in self._api.list_namespaced_pod(NAMESPACE).items}
            for name in self._pods.keys() - listed.keys():
                self._pods.pop(name).end()
            for name in listed.keys() - self._pods.keys():
                self._pods[name] = Pod(listed[name].spec, self._folder / name)
            for name, pod in self._pods.items():
                status = pod.status()
                if status != self._told.get(name):
                    with suppress(ApiException):  # It may be gone by now.
                        body = {"spec": {"nodeName": "node1"}, "status": status}
                        self._api.patch_namespaced_pod(name, NAMESPACE, body)
                        self._told[name] = status


class EmulatedPlace:
    """What a runner on the emulated cluster needs."""

    def __init__(self, core: client.CoreV1Api) -> None:
        self.api = core

    def image(self, image_id: str) -> str:
        return f"registry.example/weles-env@{image_id}"

    @contextmanager
    def runner(self, lake: str, settings: Settings) -> Iterator[KubernetesRunner]:
        blobs, secret = FilesystemBlobs(settings.blobs_folder), "a secret of some length"
        server = create_server(create_blob_app(blobs, secret), host="127.0.0.1", port=0, threads=4)

        def run() -> None:
            with suppress(OSError):
                server.run()

        threading.Thread(target=run, daemon=True).start()
        complete = replace(
            settings,
            secret=secret,
            blobs_url=f"http://127.0.0.1:{server.effective_port}",
            kubernetes_image="registry.example/weles/web:1",
        )
        kubelet = Kubelet(self.api, settings.home / "pods")
        try:
            yield KubernetesRunner(self.api, NAMESPACE, lake, complete, blobs)
        finally:
            kubelet.close()
            server.close()
