"""The job that measures a version on a dataset, by asking the version's own container."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.analysis.process import AnalysisProcess
from registry.domain.entities import Job, Json, ModelVersion, NewAudit, Phase
from registry.domain.errors.invalid import TooMuchWork
from registry.domain.measures import MEASURES, Task, chosen, task_of
from registry.domain.ports.audits import Audits
from registry.domain.schema import ColumnType, Schema
from registry.jobs.answers import NUMBERS, Answers, ClassificationAnswers, RegressionAnswers
from registry.jobs.asking import PatientModel
from registry.jobs.progress import JobProgress
from registry.services.datasets import DatasetService
from registry.services.predict import Prediction
from registry.services.stored_rows import StoredRows

_MOST_VALUES = 100_000_000
_PREDICTED = 90.0
_OF_ONE_CLASS = {"precision", "recall", "f1", "auc", "brier"}
_AVERAGED = {"precision", "recall", "f1", "auc"}


class AuditWork:
    """request: {"dataset", "target", "measures"}; result: {"dataset", "target", "measures": {name: value}}."""

    def __init__(
        self, prediction: Prediction, datasets: DatasetService, audits: Audits, analysis: AnalysisProcess
    ) -> None:
        self._prediction = prediction
        self._datasets = datasets
        self._audits = audits
        self._analysis = analysis

    def __call__(self, job: Job, version: ModelVersion, progress: JobProgress) -> Json:
        dataset, target = self._datasets.get(job.request["dataset"]), job.request["target"]
        stored = StoredRows(self._datasets, dataset, Schema.from_json(version.inputs), target)
        model = PatientModel(self._prediction, version, progress)
        told = _first_question(model, stored, job.request["measures"])
        kept = {each.measure for each in self._audits.of_version(version.id, dataset.hash, target)}
        missing = [name for name in told.measures if name not in kept]
        if missing:
            answers = _ask(model, stored, told, missing, dataset.rows, progress)
            progress.update(Phase.MEASURE, _PREDICTED, f"computing {', '.join(missing)}")
            classes = answers.classes
            found = self._analysis.measure(answers.table(), missing, len(classes))
            self._audits.add(
                [
                    NewAudit(
                        version.id,
                        dataset.hash,
                        target,
                        name,
                        found[name]["value"],
                        dataset.rows,
                        "; ".join(filter(None, (_averaged(name, classes), found[name]["note"]))),
                        job.owner_id,
                    )
                    for name in missing
                ]
            )
        values = {each.measure: each.value for each in self._audits.of_version(version.id, dataset.hash, target)}
        return {
            "dataset": dataset.hash,
            "target": target,
            "measures": {name: values.get(name) for name in told.measures},
        }


@dataclass(frozen=True, slots=True)
class _Told:
    """What the first rows told of the model. `classes` is empty for regression, None while they are not known."""

    task: Task
    measures: tuple[str, ...]
    classes: tuple[str, ...] | None


def _first_question(model: PatientModel, stored: StoredRows, wanted: Sequence[str]) -> _Told:
    first = next(stored.parts()).inputs.slice(0, 1)
    prob = model.can("prob", first)
    exact = model.answer("exact", first).columns[0].field
    task = task_of(
        wanted,
        has_prob=prob is not None,
        answers_numbers=exact.type in NUMBERS,
        answers_fractions=exact.type is ColumnType.FLOAT64,
    )
    measures = chosen(wanted, task, has_prob=prob is not None)
    if task is Task.REGRESSION:
        return _Told(task, measures, ())
    return _Told(task, measures, exact.levels if prob is None else prob.schema.names)


def _ask(
    model: PatientModel, stored: StoredRows, told: _Told, missing: list[str], total: int, progress: JobProgress
) -> Answers:
    modes = [
        mode for mode in ("exact", "prob") if any(MEASURES[name].needs_prob == (mode == "prob") for name in missing)
    ]
    width = 1 + ("exact" in modes) + (len(told.classes or ()) if "prob" in modes else 0)
    if total * width > _MOST_VALUES:
        raise TooMuchWork("audit", total * width, _MOST_VALUES, "values", next="Audit a sample of the dataset.")
    answers: Answers = RegressionAnswers() if told.task is Task.REGRESSION else ClassificationAnswers(told.classes)
    for part in stored.parts():
        answers.add_truth(part)
        for mode in modes:
            first = part.first
            for rows, answer in model.answers(mode, [part.inputs]):
                answers.add(mode, answer, first)
                first += rows.rows
                progress.update(Phase.PREDICT, _PREDICTED * first / total, f"{first} of {total} rows")
    return answers


def _averaged(measure: str, classes: Sequence[str]) -> str:
    """Which class a measure is of, or what its mean is over."""
    if len(classes) == 2 and measure in _OF_ONE_CLASS:
        return f"of the class {classes[1]!r:.80}"
    return f"mean over {len(classes)} classes" if len(classes) > 2 and measure in _AVERAGED else ""
