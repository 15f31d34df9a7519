"""What a model's container may do on a Docker Engine: no network, read-only, no privileges, limits on everything."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docker.types import LogConfig, Ulimit

from registry.settings import Settings

_LARGEST_FILE = 1 << 30


def options(
    settings: Settings, *, user: str, name: str, labels: Mapping[str, str], model_folder: Path, run_folder: Path
) -> dict[str, Any]:
    """Arguments for `containers.create`. `user` is "uid:gid"; the model's folder is read-only inside."""
    return {
        "auto_remove": True,
        "name": name,
        "hostname": "model",
        "labels": dict(labels),
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "user": user,
        "mem_limit": settings.container_memory,
        "memswap_limit": settings.container_memory,
        "nano_cpus": int(settings.container_cpus * 1e9),
        "pids_limit": settings.container_pids,
        # The run folder is on the host's disk: one file there must not be able to fill it.
        "ulimits": [
            Ulimit(name="fsize", soft=_LARGEST_FILE, hard=_LARGEST_FILE),
            Ulimit(name="core", soft=0, hard=0),
        ],
        "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=268435456"},  # noqa: S108 (the container's own)
        "log_config": LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m"}),
        "environment": {
            "HOME": "/tmp",  # noqa: S108
            "WELES_IDLE_SECONDS": str(settings.idle_seconds),
            "WELES_AGE_SECONDS": str(settings.age_seconds),
            "WELES_LEASE_SECONDS": str(settings.lease_seconds),
            "WELES_MAX_FRAME_BYTES": str(settings.container_memory),
            "WELES_MEMORY_BYTES": str(settings.container_memory),
            "WELES_PROCESSES": str(settings.processes_of_a_model),
        },
        "volumes": {
            settings.on_engine(model_folder): {"bind": "/weles/model", "mode": "ro"},
            settings.on_engine(run_folder): {"bind": "/weles/run", "mode": "rw"},
        },
    }
