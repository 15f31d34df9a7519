"""Jobs as durable workflows (DBOS): what was begun when the worker died goes on when it starts again.

    prepare(job, version) ─▶ acquire(resolution, attempt) ─▶ build(environment, attempt) ─▶ verify
    work(job)                                                              every other kind of job

A workflow's id is what it is about, so that a hundred uploads which share an environment wait for one `acquire` and
one `build`. Versions are prepared from the queue `versions`, environments made from the queue `environments`, other
work is done from the queue `work`. A job that was cancelled ends at its next step; an `acquire` or a `build` that no
job waits for any more is stopped, and whoever came just then begins the next attempt.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSConfiguredInstance, SetWorkflowID

from registry.domain.entities import JobKind, Json
from registry.domain.errors.lake import LakeFailed
from registry.domain.ports.jobs import Unfinished
from registry.jobs.preparation import Preparation
from registry.jobs.work import Work, failure

_log = logging.getLogger(__name__)
_VERSIONS, _ENVIRONMENTS, _WORK = "versions", "environments", "work"
_VERSIONS_AT_ONCE = 32
_POLL_SECONDS = 0.1
# To look at a queue costs 2 ms of a processor, also when there is nothing to do.
_QUEUE_SECONDS = 0.25
# Jobs of another version are not taken up again: this changes only when the steps of a workflow do, not with releases.
_STEPS_VERSION = "1"
_LOST = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


@DBOS.dbos_class()
class Workflows(DBOSConfiguredInstance):
    """The workflows over one `Preparation` and one `Work`. Arguments and results are JSON-ready, as DBOS keeps them."""

    def __init__(self, preparation: Preparation, work: Work) -> None:
        super().__init__("lake")
        self._preparation = preparation
        self._other_work = work

    @DBOS.workflow()
    def prepare(self, job_id: str, version_id: str) -> None:
        try:
            problem = self._prepare(job_id, version_id)
        except Exception as error:
            # Whatever happens, the job says so: nothing waits for ever.
            _log.exception("job %s", job_id)
            problem = failure(error)
        self._finish(job_id, version_id, problem)

    def _prepare(self, job_id: str, version_id: str) -> Json | None:
        while (begun := self._begin(job_id, version_id)) is not None:
            outcome = self._make_ready(job_id, version_id, *begun)
            if "unwanted" not in outcome:
                return outcome.get("problem")
        return None

    def _make_ready(self, job_id: str, version_id: str, key: str, attempt: int) -> Json:
        try:
            acquired = _shared(f"acquire:{key}:{attempt}", self.acquire, key)
        except Exception:
            # Its result is kept for ever: without a next attempt every later upload would be given this one.
            self._give_up_acquiring(key)
            raise
        if "problem" in acquired:
            return acquired
        environment = acquired["environment"]
        build_attempt = self._begin_build(key, environment)
        if build_attempt is not None:
            spent = acquired.get("seconds", 0.0)
            try:
                built = _shared(f"build:{environment}:{build_attempt}", self.build, key, environment, spent)
            except Exception:
                self._give_up_building(environment)
                raise
            if "problem" in built:
                return built
        return self._verify(job_id, version_id, environment)

    @DBOS.workflow()
    def work(self, job_id: str) -> None:
        try:
            outcome = self._work(job_id)
        except Exception as error:
            _log.exception("job %s", job_id)
            outcome = {"problem": failure(error)}
        self._finish_work(job_id, outcome)

    @DBOS.workflow()
    def acquire(self, key: str) -> Json:
        return self._acquire(key)

    @DBOS.workflow()
    def build(self, key: str, environment: str, spent: float = 0.0) -> Json:
        return self._build(key, environment, spent)

    @DBOS.step()
    def _begin(self, job_id: str, version_id: str) -> tuple[str, int] | None:
        return self._preparation.begin(job_id, version_id)

    @DBOS.step()
    def _acquire(self, key: str) -> Json:
        return self._preparation.acquire(key)

    @DBOS.step()
    def _begin_build(self, key: str, environment: str) -> int | None:
        return self._preparation.begin_build(key, environment)

    @DBOS.step()
    def _build(self, key: str, environment: str, spent: float = 0.0) -> Json:
        return self._preparation.build(key, environment, spent)

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

    @DBOS.step()
    def _work(self, job_id: str) -> Json:
        return self._other_work.run(job_id)

    @DBOS.step(retries_allowed=True, max_attempts=5)
    def _finish_work(self, job_id: str, outcome: Json) -> None:
        self._other_work.finish(job_id, outcome)


def _shared(workflow_id: str, workflow: Callable[..., Json], *arguments: Any) -> Json:
    """The result of the one workflow of this id, begun now if nobody has yet."""
    with SetWorkflowID(workflow_id):
        return DBOS.enqueue_workflow(_ENVIRONMENTS, workflow, *arguments).get_result(polling_interval_sec=_POLL_SECONDS)


class JobRunner:
    """Runs the workflows in this process, on a database of DBOS's own tables."""

    def __init__(
        self,
        database_url: str,
        preparation: Preparation,
        work: Work,
        *,
        executor: str,
        builds_at_once: int,
        jobs_at_once: int,
    ) -> None:
        config: DBOSConfig = {
            "name": "weles",
            "system_database_url": database_url,
            "application_version": _STEPS_VERSION,
            "executor_id": executor,
            "log_level": "WARNING",
            "max_executor_threads": _VERSIONS_AT_ONCE + jobs_at_once + 16,
        }
        DBOS(config=config)
        self._preparation = preparation
        self._other_work = work
        self._workflows = Workflows(preparation, work)
        self._at_once = {_VERSIONS: _VERSIONS_AT_ONCE, _ENVIRONMENTS: builds_at_once, _WORK: jobs_at_once}

    def start(self) -> None:
        """Take up what was left unfinished and begin to work on the queues."""
        DBOS.launch()
        for queue, at_once in self._at_once.items():
            DBOS.register_queue(
                queue, worker_concurrency=at_once, polling_interval_sec=_QUEUE_SECONDS, on_conflict="always_update"
            )

    def run(self, job: Unfinished) -> None:
        """Have the job done; asking again with the same one changes nothing."""
        with SetWorkflowID(job.id):
            if job.kind is JobKind.PREPARE:
                DBOS.enqueue_workflow(_VERSIONS, self._workflows.prepare, job.id, job.version_id)
            else:
                DBOS.enqueue_workflow(_WORK, self._workflows.work, job.id)

    def give_up_the_lost(self, unfinished: Iterable[Unfinished]) -> None:
        """End the jobs whose workflow is over without having said so: nothing waits for ever."""
        for job in unfinished:
            status = DBOS.get_workflow_status(job.id)
            if status is None or status.status not in _LOST:
                continue
            problem = LakeFailed("The worker failed while it did this; its log says more.").to_document()
            if job.kind is JobKind.PREPARE:
                self._preparation.finish(job.id, job.version_id, problem)
            else:
                self._other_work.finish(job.id, {"problem": problem})
