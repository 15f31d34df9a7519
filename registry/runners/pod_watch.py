"""What the cluster last said of each pod of a lake, kept true by a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from registry.domain.ports.runner import Ending
from registry.runners import pod_status, pods
from registry.runners.pod_api import PodApi
from registry.runners.roster import UNKNOWN

_log = logging.getLogger(__name__)


class PodWatch:
    """Tells `over` the name of the run folder whose pod has ended, and how.

    When it had to list the pods, as news were missed, it tells `there` the names of all that are there.
    """

    def __init__(self, api: PodApi, over: Callable[[str, Ending], None], there: Callable[[set[str]], None]) -> None:
        self._api = api
        self._over = over
        self._there = there
        # By the name of the pod.
        self._seen: dict[str, Any] = {}
        self._news = threading.Condition()

    def begin(self, listed: list[Any], moment: str) -> None:
        """Watch from that moment on, at which these pods were there; for as long as the process lives."""
        self._see(listed)
        threading.Thread(target=self._follow, args=(moment,), name="pods", daemon=True).start()

    def seen(self, name: str) -> Any:
        """The pod as it was last; None while nothing was heard of it."""
        with self._news:
            return self._seen.get(name)

    def wait(self, name: str, seen: Any, seconds: float) -> None:
        """Until something else than this is to be seen of the pod, but no longer."""
        with self._news:
            self._news.wait_for(lambda: self._seen.get(name) is not seen, seconds)

    def _follow(self, moment: str | None) -> None:
        while True:
            try:
                if moment is None:
                    listed, moment = self._api.all()
                    self._see(listed)
                    self._forget_others({each.metadata.name for each in listed})
                for what, each in self._api.changes(moment):
                    moment = each.metadata.resource_version
                    if what == "DELETED":
                        self._forget(each)
                    else:
                        self._see([each])
            except Exception as error:
                # The history that was asked for may be gone (410), or the API for a moment: begin with a list.
                _log.warning("the cluster's pods: %s; listing them again", error)
                moment = None
                time.sleep(1)

    def _see(self, seen: Iterable[Any]) -> None:
        for each in seen:
            with self._news:
                self._seen[each.metadata.name] = each
                self._news.notify_all()
            ended = pod_status.ended(each)
            if ended is not None or each.status.phase in ("Failed", "Succeeded"):
                self._tell(each, ended or UNKNOWN)

    def _forget(self, gone: Any) -> None:
        with self._news:
            self._seen.pop(gone.metadata.name, None)
        self._tell(gone, pod_status.ended(gone) or UNKNOWN)

    def _forget_others(self, there: set[str]) -> None:
        with self._news:
            self._seen = {name: each for name, each in self._seen.items() if name in there}
        self._there(there)

    def _tell(self, ended: Any, ending: Ending) -> None:
        folder = (ended.metadata.labels or {}).get(pods.FOLDER)
        if folder is not None:
            self._over(folder, ending)
