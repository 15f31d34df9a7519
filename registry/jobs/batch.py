"""The job that predicts a whole dataset: rows go to the container some at a time, and become a dataset of answers."""

from pathlib import Path

from registry.domain.entities import Job, Json, ModelVersion, Phase, User
from registry.domain.ports.accounts import Accounts
from registry.domain.schema import Schema
from registry.jobs.asking import PatientModel
from registry.jobs.progress import JobProgress
from registry.jobs.spool import Spool
from registry.services.datasets import DatasetService
from registry.services.predict import Prediction
from registry.services.stored_rows import StoredRows

_PREDICTED, _STORED = 95.0, 99.0


class BatchPredictions:
    """request: {"dataset", "mode", "name", "description"}; result: {"dataset", "rows", "name"}."""

    def __init__(self, prediction: Prediction, datasets: DatasetService, accounts: Accounts, spools: Path) -> None:
        self._prediction = prediction
        self._datasets = datasets
        self._accounts = accounts
        self._spools = spools

    def __call__(self, job: Job, version: ModelVersion, progress: JobProgress) -> Json:
        request = job.request
        dataset = self._datasets.get(request["dataset"])
        spool = Spool(self._spools / job.id)
        model = PatientModel(self._prediction, version, progress)
        stored = StoredRows(self._datasets, dataset, Schema.from_json(version.inputs))
        rows = (part.inputs for part in stored.parts(spool.rows))
        for _, answer in model.answers(request["mode"], rows):
            spool.write(answer)
            done = spool.rows / dataset.rows
            progress.update(Phase.PREDICT, _PREDICTED * done, f"{spool.rows} of {dataset.rows} rows")
        progress.update(Phase.STORE, _STORED, "storing the predictions")
        owner: User = self._accounts.user(job.owner)[0]
        with self._datasets.stage_stream(spool.stream()) as staged:
            made = self._datasets.add(owner, staged, request["name"], request["description"])
        spool.remove()
        return {"dataset": made.hash, "rows": made.rows, "name": request["name"]}
