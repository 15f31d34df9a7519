"""Pods of model versions on Kubernetes: the `Runner` port over the cluster's API and the relays in the pods.

The API is asked when a pod starts or ends, and watched; leases, readiness and idleness go over the relays. What
outlives a worker is found by label: the pod's key is derived from the lake's secret, and kept nowhere.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client

from registry.domain import signature
from registry.domain.entities import Json
from registry.domain.errors.lake import BuilderUnavailable
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.runner import Ending, ImageGone, RunnableVersion
from registry.runners import pod_status, pods, relay, remote
from registry.runners.cluster import site
from registry.runners.connection import ConnectionLost
from registry.runners.life_cycle import LifeCycle, NotGiven
from registry.runners.pod_api import PodApi
from registry.runners.pod_watch import PodWatch
from registry.runners.remote import Address
from registry.runners.roster import UNKNOWN, Entry
from registry.runners.run_folder import RunFolder, failure_texts
from registry.runners.supplies import Supplies
from registry.settings import Settings

_POLL_SECONDS = 0.05
_STATUS_SECONDS = 1.5
_AT_ONCE = 32
_SILENT_SECONDS, _SILENT_AT_MOST = 120.0, 20


@dataclass(slots=True, kw_only=True)
class _Pod(Entry):
    """`id` is its name; `heard`: when its relay last answered."""

    key: str
    heard: float = field(default_factory=time.monotonic)


class KubernetesRunner(LifeCycle[_Pod]):
    """The `Runner` port. Every pod of this lake carries the label `weles=<lake id>`."""

    def __init__(self, api: client.CoreV1Api, namespace: str, lake: str, settings: Settings, blobs: Blobs) -> None:
        super().__init__(settings)
        self._lake = lake
        self._api = PodApi(api, namespace, lake)
        self._watch = PodWatch(self._api, self._over, self._forget_the_vanished)
        self._supplies = Supplies(blobs, settings)
        self._pod_settings = pods.PodSettings(
            lake=lake,
            image=settings.kubernetes_image,
            memory=settings.container_memory,
            cpus=settings.container_cpus,
            processes=settings.processes_of_a_model,
            cpu_request=min(settings.kubernetes_cpu_request, settings.container_cpus),
            idle_seconds=settings.idle_seconds,
            age_seconds=settings.age_seconds,
            lease_seconds=settings.lease_seconds,
            longest_seconds=self._oldest_seconds + settings.start_seconds + settings.lease_seconds,
            site=site(settings.kubernetes_pod),
        )
        self._owner: pods.Owner | None = None
        # Node → when a pod there stopped answering, though the cluster still says that it runs.
        self._silent: dict[str, float] = {}
        self._many = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="relays")

    def open(self) -> None:
        """Take over what still runs from before, remove the rest, and watch. Raises BuilderUnavailable."""
        self._folders.prepare()
        if self._settings.kubernetes_owner:
            self._owner = self._api.owner(self._settings.kubernetes_owner)
        listed, moment = self._api.all()
        for name in self._many.map(self._take_over, listed):
            if name is not None:
                self._api.delete(name)
        self._folders.keep_only({each.folder.path for each in self._roster.all()})
        self._watch.begin(listed, moment)

    def idle(self) -> dict[str, float]:
        running = [(each.version_id, each) for each in self._roster.all() if each.version_id is not None]
        answers = self._many.map(self._status, [each for _, each in running])
        return {
            version_id: float("inf") if status is None else float(status["idle_seconds"])
            for (version_id, _), status in zip(running, answers, strict=True)
        }

    def renew(self) -> None:
        running = [each for each in self._roster.all() if each.settled]
        statuses = list(self._many.map(self._status, running))
        for each, status in zip(running, statuses, strict=True):
            # A pod that has not been heard for so long has lost its lease: it has ended itself, or its node is gone.
            lost = status is None and time.monotonic() - each.heard > self._settings.lease_seconds
            if lost or time.monotonic() - each.started > self._oldest_seconds:
                self.end(each.version_id, each.folder.path)

    def close(self) -> None:
        """Remove every pod of the lake."""
        for each in self._api.all()[0]:
            self._api.delete(each.metadata.name)

    def _create(self, version: RunnableVersion, order: Json | None) -> _Pod:
        if version.image_reference is None:
            # Built before the lake had a registry: making it again brings it there.
            raise ImageGone(version.image_id)
        if order is None:
            model_url, manifest_url = self._addresses(version)
            brings = {"WELES_MODEL_URL": model_url, "WELES_MANIFEST_URL": manifest_url}
        else:
            brings = {"WELES_ORDER_URL": self._supplies.document(order)}
        waits = order is not None
        folder = self._folders.new_remote()
        begun = _Pod(
            id=f"weles-{self._lake[:6]}-{'warm' if waits else version.id[:8]}-{folder.path.name[:8]}",
            image_id=version.image_id,
            version_id=None if waits else version.id,
            folder=folder,
            key=self._key(folder),
        )
        self._roster.add(begun)
        try:
            document = pods.pod(
                begun.id,
                folder.path.name,
                version,
                self._pod_settings,
                key=begun.key,
                brings=brings,
                waits=waits,
                owner=self._owner,
                avoid=self._silent_nodes(),
            )
            self._api.create(document)
        except ValueError as error:
            self.end(begun.version_id, folder.path)
            raise BuilderUnavailable(str(error)) from error
        except BaseException:
            self.end(begun.version_id, folder.path)
            raise
        return begun

    def _give(self, waiting: _Pod, version: RunnableVersion) -> None:
        try:
            # Whoever takes over must know whose it is, before it has anything of his.
            self._api.label(waiting.id, {pods.VERSION: version.id})
            address = remote.address_of(waiting.folder.path)
            if address is None:
                raise NotGiven("it has no address")
            why = remote.give(address, *self._addresses(version), timeout=self._settings.start_seconds)
        except (ConnectionLost, BuilderUnavailable) as error:
            raise NotGiven(str(error)) from error
        if why is not None:
            raise BuilderUnavailable(f"the pod {waiting.id} could not get its model from the lake: {why}")

    def _wait(self, begun: _Pod) -> None:
        wanted = "warm" if begun.version_id is None else "ready"
        deadline = time.monotonic() + self._settings.start_seconds
        address: Address | None = None
        while True:
            seen = self._watch.seen(begun.id)
            if address is None and seen is not None and seen.status.pod_ip and pod_status.has_started(seen, pods.RELAY):
                address = self._write_address(begun, seen)
            status = self._status(begun) if address is not None else None
            if status is not None and status.get(wanted) is True:
                return
            if seen is not None:
                self._raise_why(begun, seen, status)
            if time.monotonic() > deadline:
                raise pod_status.too_late(seen, self._settings.start_seconds)
            self._watch.wait(begun.id, seen, _POLL_SECONDS)

    def _raise_why(self, begun: _Pod, seen: Any, status: Json | None) -> None:
        """Raise why the pod will never be up, if that is known by now."""
        ended = pod_status.ended(seen)
        if ended is not None:
            raise self._why(ended, failure_texts((status or self._status(begun) or {}).get("failure")))
        never = pod_status.never_starts(seen)
        if never is not None:
            raise never

    def _remove(self, left: _Pod) -> None:
        seen = self._watch.seen(left.id)
        node = None if seen is None or pod_status.ended(seen) is not None else seen.spec.node_name
        if node is not None and self._status(left) is None:
            # The cluster needs most of a minute to notice that a node is gone.
            self._silent[node] = time.monotonic()
        self._api.delete(left.id)

    def _addresses(self, version: RunnableVersion) -> tuple[str, str]:
        """Where a pod may read the model and its manifest."""
        manifest = {**version.manifest, "threads": self._threads}
        return self._supplies.blob(version.model_blob), self._supplies.document(manifest)

    def _silent_nodes(self) -> list[str]:
        since = time.monotonic() - _SILENT_SECONDS
        return sorted(node for node, at in self._silent.items() if at > since)[:_SILENT_AT_MOST]

    def _key(self, folder: RunFolder) -> str:
        return signature.key(self._settings.secret, f"pod {folder.path.name}").hex()

    def _write_address(self, each: _Pod, seen: Any) -> Address:
        address = Address(seen.status.pod_ip, relay.PORT, each.key)
        remote.write_address(each.folder.path, address)
        return address

    def _status(self, each: _Pod) -> Json | None:
        """What the pod's relay says, its lease renewed; None when it does not answer as it should."""
        try:
            address = remote.address_of(each.folder.path)
            if address is None:
                return None
            status = remote.status(address, _STATUS_SECONDS)
            float(status["idle_seconds"]), status["ready"]
        except (ConnectionLost, KeyError, TypeError, ValueError):
            return None
        each.heard = time.monotonic()
        return status

    def _take_over(self, seen: Any) -> str | None:
        """Take over a pod that answers, or say its name: it is to be removed."""
        name, labels = seen.metadata.name, seen.metadata.labels or {}
        version_id, folder_name = labels.get(pods.VERSION, ""), labels.get(pods.FOLDER, "")
        if not (version_id.isalnum() and folder_name.isalnum() and seen.status.pod_ip):
            return str(name)
        folder = self._folders.named(folder_name)
        each = _Pod(id=name, image_id="", version_id=version_id, folder=folder, key=self._key(folder), settled=True)
        self._folders.make(folder)
        self._write_address(each, seen)
        status = self._status(each)
        if status is None or status["ready"] is not True or seen.metadata.deletion_timestamp is not None:
            return str(name)
        if not self._roster.take_over(each):
            return str(name)
        self._folders.assign(version_id, folder)
        return None

    def _over(self, name: str, ending: Ending) -> None:
        over = self._roster.over(name, ending)
        if over is not None:
            self._clear_away(over)

    def _forget_the_vanished(self, there: set[str]) -> None:
        for each in self._roster.all():
            if each.settled and each.id not in there:
                self._over(each.folder.path.name, UNKNOWN)
