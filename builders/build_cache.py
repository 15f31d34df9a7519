"""What builds leave behind in BuildKit's cache, and how little of it is kept.

Each build leaves the context that it was sent, twice: packed, and unpacked. No later build ever uses them. Its steps
are kept, too: those that images share cost nothing more; those that no image has (it was removed, or the build failed)
are kept up to a number of bytes, as the next build may use them. Steps of other people's builds are left alone.
"""

import json
import logging
import re
import threading
from typing import Any

import docker

from builders.engine import engine_errors

_log = logging.getLogger(__name__)
_CONTEXT = "http url http://build-context-"
_UNPACKED = "fileop target"
# What the lake's own Dockerfiles do.
_OWN = re.compile(r"/opt/weles/|/mnt/uv |/media/\*\.(?:deb|tar\.gz)")
_PASSES = 3
_DELAY_SECONDS = 10.0


class BuildCache:
    """The cache of one engine. Every method may raise BuilderUnavailable, but `tidy_soon`, which only logs."""

    def __init__(self, client: docker.DockerClient, keep_bytes: int) -> None:
        self._client = client
        self._keep = keep_bytes
        self._lock = threading.Lock()
        self._due = False

    def tidy_soon(self) -> None:
        """Have it tidied in some seconds, once for all who ask until then."""
        with self._lock:
            if self._due:
                return
            self._due = True
        timer = threading.Timer(_DELAY_SECONDS, self._tidy_now)
        timer.daemon = True
        timer.start()

    def tidy(self) -> int:
        """Remove what is of no use, or beyond what is kept; the bytes that were freed."""
        found = surplus(records(self._client), self._keep)
        waiting = dict(found)
        # Again, for what others were built upon.
        for _ in range(_PASSES):
            waiting = {each: size for each, size in waiting.items() if not forget(self._client, each)}
        return sum(found.values()) - sum(waiting.values())

    def _tidy_now(self) -> None:
        with self._lock:
            self._due = False
        try:
            self.tidy()
        except Exception:
            _log.exception("tidying the build cache")


def records(client: docker.DockerClient) -> list[dict[str, Any]]:
    """What the engine tells of each record. Raises BuilderUnavailable."""
    api = client.api
    # Engines of before API 1.42 do not know `type`, and look at everything.
    with (
        engine_errors(),
        api.get(f"{api.base_url}/v{api.api_version}/system/df", params={"type": "build-cache"}) as response,
    ):
        response.raise_for_status()
        found: list[dict[str, Any]] = response.json().get("BuildCache") or []
    return found


def forget(client: docker.DockerClient, record: str) -> bool:
    """Remove a record that is not in use and that nothing builds on; whether it went. Raises BuilderUnavailable."""
    api = client.api
    with (
        engine_errors(),
        api.post(
            f"{api.base_url}/v{api.api_version}/build/prune", params={"filters": json.dumps({"id": [record]})}
        ) as response,
    ):
        response.raise_for_status()
        return record in (response.json().get("CachesDeleted") or ())


def parents(record: dict[str, Any]) -> list[str]:
    """Ids of the records that it builds on; engines of before API 1.42 know one at most.  (pure)"""
    return record.get("Parents") or [each for each in [record.get("Parent")] if each]


def surplus(found: list[dict[str, Any]], keep_bytes: int) -> dict[str, int]:
    """Id → bytes of the records that need not stay.  (pure)

    All contexts; of the lake's own steps that no image shares, those unused longest, until `keep_bytes` are left.
    """
    idle = [each for each in found if not each["InUse"] and not each["Shared"]]
    contexts = [each for each in idle if _is_context(each)]
    own = sorted(
        (each for each in idle if _OWN.search(each["Description"])),
        key=lambda each: each.get("LastUsedAt") or each["CreatedAt"],
    )
    over = sum(int(each["Size"]) for each in own) - keep_bytes
    gone = {each["ID"]: int(each["Size"]) for each in contexts}
    for each in own:
        if over <= 0:
            break
        gone[each["ID"]] = int(each["Size"])
        over -= int(each["Size"])
    return gone


def _is_context(record: dict[str, Any]) -> bool:
    # A copy that builds on nothing is an unpacked context, or a first step from `scratch`, which is as quickly redone.
    described = record["Description"]
    return described.startswith(_CONTEXT) or (described == _UNPACKED and not parents(record))
