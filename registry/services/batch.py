"""Predictions of stored datasets: small ones at once, any by a job whose result is a dataset of the lake."""

import uuid

from registry.domain.entities import JobKind, ModelVersion, User
from registry.domain.errors.invalid import TooMuchWork
from registry.domain.ports.jobs import Jobs, NewJob
from registry.domain.schema import Schema
from registry.services.datasets import DatasetService
from registry.services.fitting import FittingDatasets
from registry.services.stored_rows import StoredRows
from registry.tables.joining import concatenated
from registry.tables.stream import TableStream
from registry.tables.table import Table

MOST_ROWS_AT_ONCE = 20_000


class BatchService:
    """Takes them. The work itself is `registry.jobs.batch`'s."""

    def __init__(self, jobs: Jobs, datasets: DatasetService, fitting: FittingDatasets) -> None:
        self._jobs = jobs
        self._datasets = datasets
        self._fitting = fitting

    def rows(self, user: User | None, version: ModelVersion, content_hash: str) -> Table:
        """A small dataset as the version takes it. Raises NotFound, InvalidInput, TooMuchWork."""
        dataset = self._fitting.get(user, content_hash, version)
        if dataset.rows > MOST_ROWS_AT_ONCE:
            raise TooMuchWork(
                "dataset",
                dataset.rows,
                MOST_ROWS_AT_ONCE,
                "rows at once",
                next="POST it to the model's `predictions`: a job predicts it, and stores the answers.",
            )
        stored = StoredRows(self._datasets, dataset, Schema.from_json(version.inputs))
        return concatenated([part.inputs for part in stored.parts()])

    def predict(
        self, user: User, version: ModelVersion, content_hash: str, mode: str, name: str, description: str
    ) -> str:
        """The job that predicts a dataset. Raises NotFound, InvalidInput, TooMuchWork."""
        dataset = self._fitting.get(user, content_hash, version)
        self._fitting.require_room("prediction", dataset.rows, version)
        named = name or f"predictions of {version.model} {version.number} for {dataset.hash[7:19]}"
        request = {"dataset": dataset.hash, "mode": mode, "name": named, "description": description}
        return self._jobs.add(NewJob(uuid.uuid4().hex, JobKind.PREDICT, version.id, user.id, request))

    def predict_table(
        self, user: User, version: ModelVersion, table: Table, mode: str, name: str, description: str
    ) -> str:
        """As `predict`, of rows that come with the question: they are stored first, as a dataset of the caller's."""
        self._fitting.require_room("prediction", table.rows, version)
        with self._datasets.stage_stream(TableStream.of(table)) as staged:
            stored = self._datasets.add(user, staged, f"rows for {version.model} {version.number}", "")
        return self.predict(user, version, stored.hash, mode, name, description)
