"""Preparation as durable workflows (DBOS): what was begun when the worker died goes on when it starts again.

    prepare(job, version) ─▶ acquire(resolution, attempt) ─▶ build(environment, attempt) ─▶ verify

A workflow's id is what it is about, so that a hundred uploads which share an environment wait for one `acquire` and
one `build`. Versions are prepared from the queue `versions`, environments made from the queue `environments`.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSConfiguredInstance, SetWorkflowID

from registry.domain.entities import Json
from registry.domain.errors import LakeFailed
from registry.jobs.preparation import Preparation

_log = logging.getLogger(__name__)
_VERSIONS, _ENVIRONMENTS = "versions", "environments"
_VERSIONS_AT_ONCE = 32
_POLL_SECONDS = 0.1
# Jobs of another version are not taken up again: this changes only when the steps of a workflow do, not with releases.
_STEPS_VERSION = "1"
_LOST = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


@DBOS.dbos_class()
class Workflows(DBOSConfiguredInstance):
    """The workflows over one `Preparation`. Arguments and results are JSON-ready, as DBOS keeps them."""

    def __init__(self, preparation: Preparation) -> None:
        super().__init__("lake")
        self._preparation = preparation

    @DBOS.workflow()
    def prepare(self, job_id: str, version_id: str) -> None:
        try:
            problem = self._prepare(job_id, version_id)
        except Exception as error:
            # Whatever happens, the job says so: nothing waits for ever.
            _log.exception("job %s", job_id)
            problem = LakeFailed(f"The worker failed ({type(error).__name__}); its log says more.").to_document()
        self._finish(job_id, version_id, problem)

    def _prepare(self, job_id: str, version_id: str) -> Json | None:
        key, attempt = self._begin(job_id, version_id)
        try:
            acquired = _shared(f"acquire:{key}:{attempt}", self.acquire, key)
        except Exception:
            # Its result is kept for ever: without a next attempt every later upload would be given this one.
            self._give_up_acquiring(key)
            raise
        if "problem" in acquired:
            return dict(acquired["problem"])
        environment = acquired["environment"]
        build_attempt = self._begin_build(key, environment)
        if build_attempt is not None:
            try:
                built = _shared(f"build:{environment}:{build_attempt}", self.build, key, environment)
            except Exception:
                self._give_up_building(environment)
                raise
            if "problem" in built:
                return dict(built["problem"])
        return self._verify(job_id, version_id, environment).get("problem")

    @DBOS.workflow()
    def acquire(self, key: str) -> Json:
        return self._acquire(key)

    @DBOS.workflow()
    def build(self, key: str, environment: str) -> Json:
        return self._build(key, environment)

    @DBOS.step()
    def _begin(self, job_id: str, version_id: str) -> tuple[str, int]:
        return self._preparation.begin(job_id, version_id)

    @DBOS.step()
    def _acquire(self, key: str) -> Json:
        return self._preparation.acquire(key)

    @DBOS.step()
    def _begin_build(self, key: str, environment: str) -> int | None:
        return self._preparation.begin_build(key, environment)

    @DBOS.step()
    def _build(self, key: str, environment: str) -> Json:
        return self._preparation.build(key, environment)

    @DBOS.step()
    def _verify(self, job_id: str, version_id: str, environment: str) -> Json:
        return self._preparation.verify(job_id, version_id, environment)

    @DBOS.step()
    def _give_up_acquiring(self, key: str) -> None:
        self._preparation.give_up_acquiring(key)

    @DBOS.step()
    def _give_up_building(self, environment: str) -> None:
        self._preparation.give_up_building(environment)

    @DBOS.step(retries_allowed=True, max_attempts=5)
    def _finish(self, job_id: str, version_id: str, problem: Json | None) -> None:
        self._preparation.finish(job_id, version_id, problem)


def _shared(workflow_id: str, workflow: Callable[..., Json], *arguments: Any) -> Json:
    """The result of the one workflow of this id, begun now if nobody has yet."""
    with SetWorkflowID(workflow_id):
        return DBOS.enqueue_workflow(_ENVIRONMENTS, workflow, *arguments).get_result(polling_interval_sec=_POLL_SECONDS)


class JobRunner:
    """Runs the workflows in this process, on a database of DBOS's own tables."""

    def __init__(self, database_url: str, preparation: Preparation, *, executor: str, builds_at_once: int) -> None:
        config: DBOSConfig = {
            "name": "weles",
            "system_database_url": database_url,
            "application_version": _STEPS_VERSION,
            "executor_id": executor,
            "log_level": "WARNING",
            "max_executor_threads": _VERSIONS_AT_ONCE + 16,
        }
        DBOS(config=config)
        self._preparation = preparation
        self._workflows = Workflows(preparation)
        self._builds_at_once = builds_at_once

    def start(self) -> None:
        """Take up what was left unfinished and begin to work on the queues."""
        DBOS.launch()
        DBOS.register_queue(
            _VERSIONS,
            worker_concurrency=_VERSIONS_AT_ONCE,
            polling_interval_sec=_POLL_SECONDS,
            on_conflict="always_update",
        )
        DBOS.register_queue(
            _ENVIRONMENTS,
            worker_concurrency=self._builds_at_once,
            polling_interval_sec=_POLL_SECONDS,
            on_conflict="always_update",
        )

    def prepare(self, job_id: str, version_id: str) -> None:
        """Have the version prepared; asking again with the same job changes nothing."""
        with SetWorkflowID(job_id):
            DBOS.enqueue_workflow(_VERSIONS, self._workflows.prepare, job_id, version_id)

    def give_up_the_lost(self, unfinished: Mapping[str, str]) -> None:
        """End the jobs (id → version id) whose workflow is over without having said so: nothing waits for ever."""
        for job_id, version_id in unfinished.items():
            status = DBOS.get_workflow_status(job_id)
            if status is not None and status.status in _LOST:
                problem = LakeFailed("The worker failed while it prepared this version; its log says more.")
                self._preparation.finish(job_id, version_id, problem.to_document())
