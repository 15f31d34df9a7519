"""Jobs of every kind but preparation: one function for each, and how they end."""

import logging
from collections.abc import Callable, Mapping

from registry.domain.entities import Job, JobKind, JobState, Json, ModelVersion, Phase
from registry.domain.errors.families import WelesError
from registry.domain.errors.lake import LakeFailed
from registry.domain.errors.state import Deleted
from registry.domain.ports.jobs import Jobs
from registry.domain.ports.models import Models
from registry.jobs.progress import JobProgress
from registry.services.predict import require_ready

_log = logging.getLogger(__name__)
# Given the job, its version and where to say how far it is; the result. It may be run again after a crash.
Do = Callable[[Job, ModelVersion, JobProgress], Json]


class Work:
    """Runs jobs. Outcomes are data: {"result": …} or {"problem": …}."""

    def __init__(self, jobs: Jobs, models: Models, kinds: Mapping[JobKind, Do]) -> None:
        self._jobs = jobs
        self._models = models
        self._kinds = kinds

    def run(self, job_id: str) -> Json:
        try:
            job = self._jobs.get(job_id)
            if job.state.is_over:
                return {}
            version = self._models.version_by_id(job.version_id)
            if version.deleted_at is not None:
                raise Deleted("version", f"{version.model}/{version.number}", version.deleted_at)
            require_ready(version, self._jobs)
            return {"result": self._kinds[job.kind](job, version, JobProgress(self._jobs, job_id))}
        except WelesError as error:
            return {"problem": error.to_document()}
        except Exception as error:
            _log.exception("job %s", job_id)
            return {"problem": failure(error)}

    def finish(self, job_id: str, outcome: Json) -> None:
        """Write down how it ended; a job that is over (cancelled) stays as it is."""
        problem = outcome.get("problem")
        if problem is None:
            self._jobs.update(job_id, JobState.SUCCEEDED, Phase.DONE, 100, "done", result=outcome.get("result"))
            return
        job = self._jobs.get(job_id)
        if self._jobs.update(job_id, JobState.FAILED, job.phase, job.percent, problem["detail"], problem):
            self._jobs.log(job_id, [f"failed: {problem['detail']}"])


def failure(error: Exception) -> Json:
    """The problem of a fault that nobody foresaw."""
    return LakeFailed(f"The worker failed ({type(error).__name__}); its log says more.").to_document()
