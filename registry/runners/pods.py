"""What a pod of a model version looks like: no rights, no network of its own making, limits on everything.  (pure)

    bring   (init)  the lake's image: downloads model and manifest by addresses that are good for minutes; or, for a pod
                    that waits, the order of what to import
    model           the environment's image: the runtime, as on a Docker Engine
    relay           the lake's image: answers for the runtime over TCP to who knows the pod's key; where the pod waits,
                    it brings the model once it is told which

A pod ends by itself; what stays of it belongs to `owner`, and goes with it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.domain.entities import Json
from registry.domain.ports.runner import RunnableVersion
from registry.runners.relay import PORT

LAKE, ROLE, VERSION, FOLDER, ENVIRONMENT = "weles", "weles.role", "weles.version", "weles.folder", "weles.environment"
MODEL, RELAY = "model", "relay"
# What a site may say about where pods run; everything else of a pod is the lake's.
SITE_KEYS = ("nodeSelector", "tolerations", "affinity", "runtimeClassName", "priorityClassName", "imagePullSecrets",
             "topologySpreadConstraints", "schedulerName")  # fmt: skip
_NOBODY, _LAKES_OWN = 65534, 65533
_SMALL = {"cpu": "10m", "memory": "32Mi", "ephemeral-storage": "16Mi"}
_RUN_BYTES, _TMP_BYTES = 1 << 30, 256 << 20
_DISK_BYTES = _RUN_BYTES + _TMP_BYTES
# Every container is told where the API is, unless it is told otherwise.
_API_VARIABLES = (
    *("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBERNETES_SERVICE_PORT_HTTPS", "KUBERNETES_PORT"),
    *("KUBERNETES_PORT_443_TCP", "KUBERNETES_PORT_443_TCP_ADDR", "KUBERNETES_PORT_443_TCP_PORT"),
    "KUBERNETES_PORT_443_TCP_PROTO",
)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class PodSettings:
    """What all pods of a lake have in common. Sizes in bytes, times in seconds; `image` is the lake's own."""

    lake: str
    image: str
    memory: int
    cpus: float
    processes: int
    cpu_request: float
    idle_seconds: int
    age_seconds: int
    lease_seconds: int
    longest_seconds: int
    site: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """The object that a pod belongs to: the cluster removes what is left of the pod when it is gone."""

    api_version: str
    kind: str
    name: str
    uid: str


def selector(lake: str) -> str:
    """The labels by which a lake's pods of models are found."""
    return f"{LAKE}={lake},{ROLE}=runtime"


def pod(
    name: str,
    folder: str,
    version: RunnableVersion,
    settings: PodSettings,
    *,
    key: str,
    brings: Mapping[str, str],
    waits: bool = False,
    owner: Owner | None,
    avoid: Sequence[str] = (),
) -> Json:
    """The manifest. `folder` names the run folder, `key` (hex) is for the relay alone; nodes to `avoid` come last.

    `brings`: addresses by variable, see `registry.runners.bring`; `waits`: it has the version's image, and is given a
    model later. Raises ValueError: no image.
    """
    if version.image_reference is None:
        raise ValueError("the environment's image is in no registry")
    labels = {
        LAKE: settings.lake,
        ROLE: "runtime",
        VERSION: "" if waits else version.id,
        FOLDER: folder,
        ENVIRONMENT: version.environment_id.removeprefix("sha256:")[:32],
    }
    wrong = [label for label in labels.values() if label and _LABEL.fullmatch(label) is None]
    if wrong:
        raise ValueError(f"not a label: {wrong[0]!r}")
    metadata: Json = {"name": name, "labels": {"app.kubernetes.io/managed-by": "weles", **labels}}
    if owner is not None:
        metadata["ownerReferences"] = [
            {"apiVersion": owner.api_version, "kind": owner.kind, "name": owner.name, "uid": owner.uid}
        ]
    site = {name: value for name, value in settings.site.items() if name in SITE_KEYS}
    if avoid:
        site["affinity"] = _avoiding(site.get("affinity") or {}, avoid)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            **site,
            "restartPolicy": "Never",
            "hostname": "model",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "activeDeadlineSeconds": settings.longest_seconds,
            "terminationGracePeriodSeconds": 30,
            # Nobody in the pod has a name to look up.
            "dnsPolicy": "None",
            "dnsConfig": {"nameservers": ["127.0.0.1"]},
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _NOBODY,
                "runAsGroup": _NOBODY,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumes": [
                {"name": "model", "emptyDir": {}},
                {"name": "run", "emptyDir": {"sizeLimit": str(_RUN_BYTES)}},
                {"name": "tmp", "emptyDir": {"sizeLimit": str(_TMP_BYTES)}},
            ],
            "initContainers": [
                _lakes_own(
                    "bring", settings.image, "registry.runners.bring",
                    {"WELES_MODEL_DIR": "/weles/model", **brings},
                    [_mount("model"), _mount("run")],
                )
            ],
            "containers": [
                _model(version.image_reference, settings),
                {
                    **_lakes_own(
                        RELAY, settings.image, "registry.runners.relay",
                        {
                            "WELES_RELAY_KEY": key,
                            "WELES_RELAY_PORT": str(PORT),
                            "WELES_LEASE_SECONDS": str(settings.lease_seconds),
                            **({"WELES_MODEL_DIR": "/weles/model"} if waits else {}),
                        },
                        [_mount("run"), *([_mount("model")] if waits else [])],
                    ),
                    "ports": [{"name": RELAY, "containerPort": PORT, "protocol": "TCP"}],
                },
            ],
        },
    }  # fmt: skip


def _avoiding(affinity: Json, nodes: Sequence[str]) -> Json:
    """The site's affinity, and: on these nodes only where there is no other."""
    of_nodes: Json = affinity.get("nodeAffinity") or {}
    preferred = list(of_nodes.get("preferredDuringSchedulingIgnoredDuringExecution") or ())
    # An expression on a field takes one name.
    fields = [{"key": "metadata.name", "operator": "NotIn", "values": [node]} for node in nodes]
    preferred.append({"weight": 100, "preference": {"matchFields": fields}})
    return {
        **affinity,
        "nodeAffinity": {**of_nodes, "preferredDuringSchedulingIgnoredDuringExecution": preferred},
    }


def _model(image: str, settings: PodSettings) -> Json:
    memory = str(settings.memory)
    return {
        "name": MODEL,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": _env(
            {
                "HOME": "/tmp",  # noqa: S108 (the container's own)
                "WELES_IDLE_SECONDS": str(settings.idle_seconds),
                "WELES_AGE_SECONDS": str(settings.age_seconds),
                "WELES_LEASE_SECONDS": str(settings.lease_seconds),
                "WELES_MAX_FRAME_BYTES": memory,
                "WELES_MEMORY_BYTES": memory,
                "WELES_PROCESSES": str(settings.processes),
                **dict.fromkeys(_API_VARIABLES, ""),
            }
        ),
        "resources": {
            "requests": {"cpu": _cpus(settings.cpu_request), "memory": memory, "ephemeral-storage": "64Mi"},
            "limits": {
                "cpu": _cpus(settings.cpus),
                "memory": memory,
                "ephemeral-storage": str(_DISK_BYTES),
            },
        },
        "securityContext": _no_rights(_NOBODY),
        "volumeMounts": [_mount("model", read_only=True), _mount("run"), {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }


def _lakes_own(name: str, image: str, module: str, environ: Mapping[str, str], mounts: list[Json]) -> Json:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-I", "-m", module],
        "env": _env({"WELES_RUN_DIR": "/weles/run", **environ}),
        "resources": {"requests": dict(_SMALL), "limits": {"cpu": "2", "memory": "256Mi", "ephemeral-storage": "64Mi"}},
        "securityContext": _no_rights(_LAKES_OWN),
        "volumeMounts": mounts,
    }


def _no_rights(user: int) -> Json:
    """The model's user is another one than that of the lake's own programs in the pod."""
    return {
        "runAsUser": user,
        "runAsGroup": user,
        "runAsNonRoot": True,
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _mount(name: str, *, read_only: bool = False) -> Json:
    return {"name": name, "mountPath": f"/weles/{name}", "readOnly": read_only}


def _env(variables: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in variables.items()]


def _cpus(number: float) -> str:
    return f"{math.ceil(number * 1000)}m"
