"""Pods of model versions on Kubernetes: the `Runner` port over the cluster's API and the relays in the pods.

The API is asked when a pod starts or ends, and watched; leases, readiness and idleness go over the relays. What
outlives a worker is found by label: the pod's key is derived from the lake's secret, and kept nowhere.
"""

import io
import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from registry.domain import signature
from registry.domain.entities import Json
from registry.domain.errors.lake import BuilderUnavailable
from registry.domain.errors.model import ModelDied, ModelNotLoadable, ModelOutOfMemory
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.runner import Ending, ImageGone, RunnableVersion
from registry.domain.text import storable
from registry.runners import pod_status, pods, relay, remote
from registry.runners.cluster import api_errors, by_number, site
from registry.runners.connection import ConnectionLost
from registry.runners.remote import Address
from registry.runners.run_folder import RunFolder, RunFolders
from registry.settings import Settings

_log = logging.getLogger(__name__)
_UNKNOWN = Ending(None, False)
_AGES = 2
_POLL_SECONDS = 0.05
_STATUS_SECONDS = 1.5
_WATCH_SECONDS = 60
_API_SECONDS = (5, 75)
_ENDINGS_KEPT = 256
_AT_ONCE = 32
_GOOD_FOR_SECONDS = 600
_SILENT_SECONDS, _SILENT_AT_MOST = 120.0, 20


@dataclass(slots=True)
class _Pod:
    """A pod that was started or taken over here. `version_id` is None as long as it waits for a model."""

    name: str
    image_id: str
    version_id: str | None
    folder: RunFolder
    key: str
    started: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    # It is up, and nobody waits for it any more.
    settled: bool = False


class _EndedItself(Exception):
    """Before it was up: idle, or too old."""


class KubernetesRunner:
    """The `Runner` port. Every pod of this lake carries the label `weles=<lake id>`."""

    def __init__(self, api: client.CoreV1Api, namespace: str, lake: str, settings: Settings, blobs: Blobs) -> None:
        self._api = api
        self._namespace = namespace
        self._lake = lake
        self._settings = settings
        self._blobs = blobs
        self._folders = RunFolders(settings.run_folder)
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
            longest_seconds=_AGES * settings.age_seconds + settings.start_seconds + settings.lease_seconds,
            site=site(settings.kubernetes_pod),
        )
        # What is in the container cannot see the limit on its processors.
        self._threads = max(1, int(settings.container_cpus))
        self._owner: pods.Owner | None = None
        # By the name of the run folder.
        self._pods: dict[str, _Pod] = {}
        # By the name of the pod: as the cluster last described it.
        self._seen: dict[str, Any] = {}
        # By the name of the run folder, oldest first.
        self._endings: dict[str, Ending] = {}
        # Node → when a pod there stopped answering, though the cluster still says that it runs.
        self._silent: dict[str, float] = {}
        self._news = threading.Condition()
        self._many = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="relays")

    def open(self) -> None:
        """Take over what still runs from before, remove the rest, and watch. Raises BuilderUnavailable."""
        self._folders.prepare()
        with api_errors():
            self._owner = self._find_owner()
            listed = self._list()
        self._see(listed.items)
        for name in self._many.map(self._take_over, listed.items):
            if name is not None:
                self._delete(name)
        self._folders.keep_only({each.folder.path for each in self._pods.values()})
        threading.Thread(target=self._watch, args=(listed,), name="pods", daemon=True).start()

    def start(self, version: RunnableVersion) -> Path:
        waiting = self._bind(version)
        if waiting is not None:
            try:
                return self._load(waiting, version)
            except _EndedItself:
                _log.info("a waiting pod ended just before it was given a model; starting another")
        brings = {"WELES_MODEL_URL": self._model_url(version), "WELES_MANIFEST_URL": self._manifest_url(version)}
        begun = self._create(version, brings)
        try:
            return self._load(begun, version)
        except _EndedItself:
            raise ModelDied(0) from None

    def warm(self, like: RunnableVersion, order: Json) -> Path:
        address = self._url(self._put({**order, "threads": self._threads}))
        begun = self._create(like, {"WELES_ORDER_URL": address}, waits=True)
        try:
            self._start(begun, "warm")
        except _EndedItself:
            raise ModelDied(0) from None
        return begun.folder.path

    def running(self) -> dict[str, Path]:
        return {each.version_id: each.folder.path for each in self._known() if each.version_id is not None}

    def waiting(self) -> dict[Path, str]:
        return {each.folder.path: each.image_id for each in self._known() if each.version_id is None}

    def idle(self) -> dict[str, float]:
        running = [(each.version_id, each) for each in self._known() if each.version_id is not None]
        answers = self._many.map(self._status, [each for _, each in running])
        return {
            version_id: float("inf") if status is None else float(status["idle_seconds"])
            for (version_id, _), status in zip(running, answers, strict=True)
        }

    def renew(self) -> None:
        running = [each for each in self._known() if each.settled]
        statuses = list(self._many.map(self._status, running))
        for each, status in zip(running, statuses, strict=True):
            # A pod that has not been heard for so long has lost its lease: it has ended itself, or its node is gone.
            lost = status is None and time.monotonic() - each.heard > self._settings.lease_seconds
            if lost or time.monotonic() - each.started > _AGES * self._settings.age_seconds:
                self.end(each.version_id, each.folder.path)

    def end(self, version_id: str | None, folder: Path) -> None:
        with self._news:
            known = self._pods.get(folder.name)
            if known is None or known.version_id != version_id:
                return
            del self._pods[folder.name]
            # Ended by the lake: nobody may blame the model for it. What was news before stays.
            self._note_ending(folder.name, Ending(0, False))
            seen = self._seen.get(known.name)
        node = None if seen is None or pod_status.ended(seen) is not None else seen.spec.node_name
        if node is not None and self._status(known) is None:
            # The cluster needs most of a minute to notice that a node is gone.
            self._silent[node] = time.monotonic()
        try:
            self._delete(known.name)
        finally:
            self._folders.discard(version_id, known.folder)

    def ending(self, folder: Path, wait_seconds: float) -> Ending:
        with self._news:
            self._news.wait_for(lambda: folder.name in self._endings, wait_seconds)
            return self._endings.get(folder.name, _UNKNOWN)

    def close(self) -> None:
        """Remove every pod of the lake."""
        with api_errors():
            for each in self._list().items:
                self._delete(each.metadata.name)

    def _key(self, folder: RunFolder) -> str:
        return signature.key(self._settings.secret, f"pod {folder.path.name}").hex()

    def _known(self) -> list[_Pod]:
        with self._news:
            return list(self._pods.values())

    def _bind(self, version: RunnableVersion) -> _Pod | None:
        """A waiting pod of the version's image, from now on this version's alone, that has brought its model."""
        with self._news:
            fit = (each for each in self._pods.values() if each.version_id is None and each.settled)
            bound = next((each for each in fit if each.image_id == version.image_id), None)
            if bound is None:
                return None
            bound.version_id, bound.settled = version.id, False
        try:
            with api_errors():
                # Whoever takes over must know whose it is, before it has anything of his.
                label = {"metadata": {"labels": {pods.VERSION: version.id}}}
                self._api.patch_namespaced_pod(bound.name, self._namespace, label, _request_timeout=_API_SECONDS)
            address = remote.address_of(bound.folder.path)
            if address is None:
                raise ConnectionLost("it has no address")
            urls = self._model_url(version), self._manifest_url(version)
            why = remote.give(address, *urls, timeout=self._settings.start_seconds)
        except (ConnectionLost, BuilderUnavailable) as error:
            _log.info("the waiting pod %s cannot be given a model (%s); starting another", bound.name, error)
            self.end(version.id, bound.folder.path)
            return None
        except BaseException:
            self.end(version.id, bound.folder.path)
            raise
        if why is not None:
            self.end(version.id, bound.folder.path)
            raise BuilderUnavailable(f"the pod {bound.name} could not get its model from the lake: {why}")
        return bound

    def _create(self, version: RunnableVersion, brings: Mapping[str, str], *, waits: bool = False) -> _Pod:
        """A pod of the version's image, for it, or for any that comes (`waits`)."""
        if version.image_reference is None:
            # Built before the lake had a registry: making it again brings it there.
            raise ImageGone(version.image_id)
        folder = self._folders.new_remote()
        name = f"weles-{self._lake[:6]}-{'warm' if waits else version.id[:8]}-{folder.path.name[:8]}"
        begun = _Pod(name, version.image_id, None if waits else version.id, folder, self._key(folder))
        with self._news:
            self._pods[folder.path.name] = begun
        try:
            document = pods.pod(
                name,
                folder.path.name,
                version,
                self._pod_settings,
                key=begun.key,
                brings=brings,
                waits=waits,
                owner=self._owner,
                avoid=self._silent_nodes(),
            )
            with api_errors():
                self._api.create_namespaced_pod(self._namespace, document, _request_timeout=_API_SECONDS)
        except ValueError as error:
            self.end(begun.version_id, folder.path)
            raise BuilderUnavailable(str(error)) from error
        except BaseException:
            self.end(begun.version_id, folder.path)
            raise
        return begun

    def _load(self, begun: _Pod, version: RunnableVersion) -> Path:
        self._start(begun, "ready")
        self._folders.assign(version.id, begun.folder)
        return begun.folder.path

    def _start(self, begun: _Pod, wanted: str) -> None:
        """Wait until its status says so; end it when that does not come."""
        try:
            self._wait_until(begun, wanted)
        except BaseException:
            self.end(begun.version_id, begun.folder.path)
            raise
        with self._news:
            begun.settled = True

    def _model_url(self, version: RunnableVersion) -> str:
        return self._url(version.model_blob)

    def _manifest_url(self, version: RunnableVersion) -> str:
        return self._url(self._put({**version.manifest, "threads": self._threads}))

    def _put(self, document: Json) -> str:
        """The blob of a document. Nobody refers to it: it is freed when all that nobody refers to is."""
        return self._blobs.put(io.BytesIO(json.dumps(document).encode()))[0]

    def _url(self, blob: str) -> str:
        """Where a pod may read the blob for a short time."""
        expires = int(time.time()) + self._settings.start_seconds + _GOOD_FOR_SECONDS
        address = signature.blob_address(self._settings.secret, blob, expires)
        return by_number(self._settings.blobs_url) + address

    def _silent_nodes(self) -> list[str]:
        since = time.monotonic() - _SILENT_SECONDS
        return sorted(node for node, at in self._silent.items() if at > since)[:_SILENT_AT_MOST]

    def _wait_until(self, begun: _Pod, wanted: str) -> None:
        deadline = time.monotonic() + self._settings.start_seconds
        address: Address | None = None
        while True:
            with self._news:
                seen = self._seen.get(begun.name)
            if address is None and seen is not None and seen.status.pod_ip and pod_status.has_started(seen, pods.RELAY):
                address = self._write_address(begun, seen)
            status = self._status(begun) if address is not None else None
            if status is not None and status.get(wanted) is True:
                return
            if seen is not None:
                self._raise_why(begun, seen, status)
            if time.monotonic() > deadline:
                raise pod_status.too_late(seen, self._settings.start_seconds)
            with self._news:
                if status is not None or self._seen.get(begun.name) is seen:
                    self._news.wait(_POLL_SECONDS)

    def _raise_why(self, begun: _Pod, seen: Any, status: Json | None) -> None:
        """Raise why the pod will never be ready, if that is known by now."""
        bring = next((each for each in seen.status.init_container_statuses or ()), None)
        if bring is not None and bring.state.terminated is not None and bring.state.terminated.exit_code:
            raise BuilderUnavailable(f"the pod {begun.name} could not get its model from the lake")
        ended = pod_status.ended(seen)
        if ended is not None:
            failure = (status or self._status(begun) or {}).get("failure")
            if ended.out_of_memory:
                raise ModelOutOfMemory(self._settings.container_memory)
            if isinstance(failure, dict):
                texts = {name: storable(str(failure.get(name, ""))) for name in ("class", "message", "traceback")}
                raise ModelNotLoadable(texts["class"], texts["message"], texts["traceback"])
            if ended.exit_code == 0:
                raise _EndedItself
            raise ModelDied(ended.exit_code)
        for reason, message in pod_status.waits_for(seen):
            if reason in pod_status.NO_SUCH_IMAGE and pod_status.is_missing(message):
                raise ImageGone(message)
            if reason in pod_status.NO_SUCH_IMAGE:
                raise BuilderUnavailable(f"the cluster cannot pull an image of {begun.name}: {message or reason}")
            if reason in pod_status.NEVER_STARTS:
                raise BuilderUnavailable(f"the cluster cannot start {begun.name}: {message or reason}")
        if seen.status.phase == "Failed":
            raise BuilderUnavailable(f"the pod {begun.name} failed: {seen.status.message or seen.status.reason}")

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
        each = _Pod(name, "", version_id, folder, self._key(folder), settled=True)
        self._folders.make(folder)
        self._write_address(each, seen)
        status = self._status(each)
        if status is None or status["ready"] is not True or seen.metadata.deletion_timestamp is not None:
            return str(name)
        with self._news:
            if any(other.version_id == version_id for other in self._pods.values()):
                return str(name)
            self._pods[folder.path.name] = each
        self._folders.assign(version_id, folder)
        return None

    def _find_owner(self) -> pods.Owner | None:
        name = self._settings.kubernetes_owner
        if not name:
            return None
        found = self._api.read_namespaced_config_map(name, self._namespace, _request_timeout=_API_SECONDS)
        return pods.Owner("v1", "ConfigMap", name, found.metadata.uid)

    def _list(self) -> Any:
        return self._api.list_namespaced_pod(
            self._namespace, label_selector=pods.selector(self._lake), _request_timeout=_API_SECONDS
        )

    def _delete(self, name: str) -> None:
        with api_errors():
            try:
                self._api.delete_namespaced_pod(
                    name, self._namespace, grace_period_seconds=0, _request_timeout=_API_SECONDS
                )
            except ApiException as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise

    def _watch(self, listed: Any) -> None:
        """Keep `_seen`, `_endings` and `_pods` true, for as long as the process lives."""
        version = listed.metadata.resource_version
        while True:
            try:
                if version is None:
                    listed = self._list()
                    version = listed.metadata.resource_version
                    self._see(listed.items)
                    self._forget_the_vanished({each.metadata.name for each in listed.items})
                stream = watch.Watch().stream(
                    self._api.list_namespaced_pod,
                    self._namespace,
                    label_selector=pods.selector(self._lake),
                    resource_version=version,
                    timeout_seconds=_WATCH_SECONDS,
                    _request_timeout=_API_SECONDS,
                )
                for event in stream:
                    each = event["object"]
                    version = each.metadata.resource_version
                    if event["type"] == "DELETED":
                        self._gone(each)
                    else:
                        self._see([each])
            except Exception as error:
                # The history that was asked for may be gone (410), or the API for a moment: begin with a list.
                _log.warning("the cluster's pods: %s; listing them again", error)
                version = None
                time.sleep(1)

    def _see(self, seen: Iterable[Any]) -> None:
        for each in seen:
            with self._news:
                self._seen[each.metadata.name] = each
                self._news.notify_all()
            ended = pod_status.ended(each)
            if ended is not None or each.status.phase in ("Failed", "Succeeded"):
                self._over(each.metadata.name, ended or _UNKNOWN)

    def _gone(self, each: Any) -> None:
        with self._news:
            self._seen.pop(each.metadata.name, None)
        self._over(each.metadata.name, pod_status.ended(each) or _UNKNOWN)

    def _over(self, name: str, ending: Ending) -> None:
        with self._news:
            # While it starts, whoever starts it still has to read why it failed.
            over = next((each for each in self._pods.values() if each.name == name and each.settled), None)
            if over is None:
                return
            self._note_ending(over.folder.path.name, ending)
        self.end(over.version_id, over.folder.path)

    def _forget_the_vanished(self, there: set[str]) -> None:
        with self._news:
            gone = [each.name for each in self._pods.values() if each.settled and each.name not in there]
            for name in [name for name in self._seen if name not in there]:
                del self._seen[name]
        for name in gone:
            self._over(name, _UNKNOWN)

    def _note_ending(self, name: str, ending: Ending) -> None:
        self._endings.setdefault(name, ending)
        while len(self._endings) > _ENDINGS_KEPT:
            del self._endings[next(iter(self._endings))]
        self._news.notify_all()
