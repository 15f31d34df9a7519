"""Audits: measures of a version on a dataset, asked for here, computed by a job, and kept."""

import uuid
from collections.abc import Sequence

from registry.domain import measures
from registry.domain.entities import JobKind, ModelVersion, User
from registry.domain.ports.jobs import Jobs, NewJob
from registry.services.fitting import FittingDatasets


class AuditService:
    """Takes them. The work itself is `registry.jobs.audit`'s."""

    def __init__(self, jobs: Jobs, fitting: FittingDatasets) -> None:
        self._jobs = jobs
        self._fitting = fitting

    def audit(
        self, user: User, version: ModelVersion, content_hash: str, target: str | None, wanted: Sequence[str]
    ) -> str:
        """The job that measures the version; what is kept already is not computed again.

        `target`: the column of the truth, by default the one that the model was trained for. `wanted`: measures, all
        that fit the model when there is none. Raises NotFound, InvalidInput, MeasureMisfit, TooMuchWork.
        """
        target = target or version.target
        names = measures.named(wanted)
        dataset = self._fitting.get(user, content_hash, version, target)
        self._fitting.require_room("audit", dataset.rows, version)
        request = {"dataset": dataset.hash, "target": target, "measures": [*names]}
        return self._jobs.add(NewJob(uuid.uuid4().hex, JobKind.AUDIT, version.id, user.id, request))
