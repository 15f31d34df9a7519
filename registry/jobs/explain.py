"""The job that explains a version: dalex asks, the version's own container answers."""

from collections.abc import Sequence

from registry.analysis.process import AnalysisProcess
from registry.domain.entities import Explanation, Job, Json, ModelVersion, Phase, now
from registry.domain.explaining import KINDS, TITLES, questions
from registry.domain.ports.explanations import Explanations
from registry.domain.schema import Schema
from registry.jobs.asking import PatientModel
from registry.jobs.outcome import Outcome, outcome_of, target_numbers
from registry.jobs.progress import JobProgress
from registry.services.datasets import DatasetService
from registry.services.predict import Prediction
from registry.services.stored_rows import Part, StoredRows
from registry.tables import json_format
from registry.tables.table import Table

_BEGUN, _PREDICTED = 5.0, 95.0


class ExplanationWork:
    """request: `registry.services.explanations` makes it; result: {"explanation": id}, the job's own."""

    def __init__(
        self,
        prediction: Prediction,
        datasets: DatasetService,
        explanations: Explanations,
        analysis: AnalysisProcess,
    ) -> None:
        self._prediction = prediction
        self._datasets = datasets
        self._explanations = explanations
        self._analysis = analysis

    def __call__(self, job: Job, version: ModelVersion, progress: JobProgress) -> Json:
        request = job.request
        kind, inputs = request["kind"], Schema.from_json(version.inputs)
        model = PatientModel(self._prediction, version, progress)
        progress.update(Phase.PREDICT, 1, "choosing rows")
        needs_target = KINDS[kind].needs_target
        stored = StoredRows(
            self._datasets,
            self._datasets.get(request["dataset"]),
            inputs,
            request["target"] if needs_target else None,
        )
        background = stored.sample(request["background"], request["seed"])
        rows = _rows(request, stored, inputs)
        outcome = outcome_of(model, background.inputs if rows is None else rows, request["class"])
        question = {
            "kind": kind,
            "target": target_numbers(background.target, outcome) if needs_target else None,
            "columns": request["columns"],
            "classifies": outcome.class_name is not None,
            "loss": request["loss"] or ("rmse" if outcome.class_name is None else "1-auc"),
            "repetitions": request["repetitions"],
            "grid_points": request["grid_points"],
            "seed": request["seed"],
        }
        predict = _Asked(model, outcome, progress, expected=_expected(request, background, rows))
        about = _about(request, version, outcome, background)
        drawn = self._analysis.explain(question, about, background.inputs, rows, predict)
        progress.update(Phase.STORE, _PREDICTED, "keeping the explanation")
        if self._explanations.plot_script(drawn.script_version) is None:
            self._explanations.add_plot_script(drawn.script_version, self._analysis.plot_script())
        self._explanations.add(
            Explanation(
                job.id, version.id, version.model, version.number, job.owner, job.owner_id, request, drawn.data, now()
            ),
            drawn.plots,
        )
        return {"explanation": job.id}


class _Asked:
    """Answers what dalex asks, and says how far it is."""

    def __init__(self, model: PatientModel, outcome: Outcome, progress: JobProgress, expected: int) -> None:
        self._model = model
        self._outcome = outcome
        self._progress = progress
        self._expected = max(expected, 1)
        self._done = 0

    def __call__(self, table: Table) -> Sequence[float]:
        numbers = self._outcome.numbers(self._model.all_answers(self._outcome.mode, table), self._done)
        self._done += table.rows
        share = min(self._done / self._expected, 1.0)
        self._progress.update(
            Phase.EXPLAIN, _BEGUN + (_PREDICTED - _BEGUN) * share, f"{self._done} of about {self._expected} rows"
        )
        return numbers


def _rows(request: Json, stored: StoredRows, inputs: Schema) -> Table | None:
    if request["rows"] is not None:
        return json_format.from_document(request["rows"], inputs)
    if request["row_numbers"] is not None:
        return stored.chosen(request["row_numbers"]).inputs
    return None


def _expected(request: Json, background: Part, rows: Table | None) -> int:
    return questions(
        request["kind"],
        background=background.inputs.rows,
        rows=0 if rows is None else rows.rows,
        columns=len(background.inputs.columns),
        profiles=len(request["columns"] or background.inputs.columns),
        repetitions=request["repetitions"],
        grid_points=request["grid_points"],
    )


def _about(request: Json, version: ModelVersion, outcome: Outcome, background: Part) -> Json:
    title = f"{TITLES[request['kind']]} of {version.model}, version {version.number}"
    return {
        "title": title if outcome.class_name is None else f"{title}: {outcome.class_name:.80}",
        "model": version.model,
        "version": version.number,
        "class": outcome.class_name,
        "output": outcome.output,
        "background": {
            "dataset": request["dataset"],
            "rows": background.inputs.rows,
            "seed": request["seed"],
        },
    }
