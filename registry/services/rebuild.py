"""An image that somebody removed from the engine: what was built once is made again when it is next wanted."""

import uuid
from datetime import timedelta

from registry.domain.entities import JobState, ModelVersion, now
from registry.domain.ports.jobs import Jobs
from registry.domain.ports.models import Models

# Who asks again and again for what cannot be made must not keep the builders busy.
_PAUSE = timedelta(seconds=60)


class Rebuild:
    """Queues the preparation of a ready version, whose image is gone, once for all who ask."""

    def __init__(self, models: Models, jobs: Jobs) -> None:
        self._models = models
        self._jobs = jobs

    def __call__(self, version: ModelVersion) -> str:
        """The job that makes the image again; one that has failed just now is given for a while instead."""
        last = self._jobs.of_version(version.id)
        if last is not None:
            job = self._jobs.get(last)
            if job.state is JobState.FAILED and now() - job.updated_at < _PAUSE:
                return last
        return self._models.prepare_again(version.id, uuid.uuid4().hex)
