"""Explanations of a version's predictions, asked for here and computed by a job."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.domain.access import Right, Thing
from registry.domain.entities import Dataset, JobKind, Json, ModelVersion, User
from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.errors.state import NotFound
from registry.domain.explaining import (
    BACKGROUND,
    KINDS,
    LEAST_UNSEEN_BACKGROUND,
    MOST_ROWS,
    Kind,
    questions,
)
from registry.domain.ports.jobs import Jobs, NewJob
from registry.domain.schema import Schema
from registry.services.access import AccessService
from registry.services.datasets import DatasetService
from registry.services.fitting import FittingDatasets, fitting
from registry.tables import json_format


@dataclass(frozen=True, slots=True)
class ExplanationRequest:
    """What is to be explained, of a version that is named beside it.

    `rows`: a table as JSON, or `row_numbers` of the dataset, for the kinds of single rows. `dataset`: of the
    background, by default the training data, of which `background` rows are chosen by `seed`. `columns`: the only ones
    that are explained. `class_name`: whose probability. None stands for the kind's default.
    """

    kind: str
    rows: Any = None
    row_numbers: Sequence[int] | None = None
    dataset: str | None = None
    target: str | None = None
    columns: Sequence[str] | None = None
    class_name: str | None = None
    loss: str | None = None
    background: int | None = None
    repetitions: int | None = None
    grid_points: int | None = None
    seed: int = 0


class ExplanationService:
    """Takes them. The work itself is `registry.jobs.explain`'s."""

    def __init__(
        self, jobs: Jobs, datasets: DatasetService, access: AccessService, fitting_datasets: FittingDatasets
    ) -> None:
        self._jobs = jobs
        self._datasets = datasets
        self._access = access
        self._fitting = fitting_datasets

    def explain(self, user: User, version: ModelVersion, wanted: ExplanationRequest) -> str:
        """The job that explains. Raises NotFound, InvalidRequest, InvalidInput, TooMuchWork."""
        kind, inputs = KINDS[wanted.kind], Schema.from_json(version.inputs)
        target = (wanted.target or version.target) if kind.needs_target else None
        dataset, seen = self._background(user, version, wanted, target)
        background = wanted.background or BACKGROUND
        if not seen:
            _require_unseen(wanted, background)
        rows, count = _rows(kind, wanted, inputs)
        columns = _columns(kind, wanted, inputs)
        request: Json = {
            "kind": kind.name,
            "dataset": dataset.hash,
            "target": target,
            "background": min(background, dataset.rows),
            "rows": rows,
            "row_numbers": None if wanted.row_numbers is None else sorted(set(wanted.row_numbers)),
            "columns": columns,
            "class": wanted.class_name,
            "loss": wanted.loss,
            "repetitions": wanted.repetitions or kind.repetitions,
            "grid_points": wanted.grid_points or kind.grid_points,
            "seed": wanted.seed,
        }
        work = questions(
            kind.name,
            background=request["background"],
            rows=count,
            columns=len(inputs.fields),
            profiles=len(columns or inputs.fields),
            repetitions=request["repetitions"],
            grid_points=request["grid_points"],
        )
        self._fitting.require_room("explanation", work, version)
        return self._jobs.add(NewJob(uuid.uuid4().hex, JobKind.EXPLAIN, version.id, user.id, request))

    def _background(
        self, user: User, version: ModelVersion, wanted: ExplanationRequest, target: str | None
    ) -> tuple[Dataset, bool]:
        """(the dataset that rows of the background come from, whether the user may see it)."""
        if wanted.dataset is not None:
            return self._fitting.get(user, wanted.dataset, version, target), True
        if version.dataset_hash is None:
            raise InvalidRequest(
                "The version came without data.", next="Name the hash of a stored dataset in `dataset`."
            )
        try:
            self._access.require(user, Right.SEE, Thing.DATASET, version.dataset_hash)
            seen = True
        except NotFound:
            seen = False
        return fitting(self._datasets.get(version.dataset_hash), version, target), seen


def _require_unseen(wanted: ExplanationRequest, background: int) -> None:
    if wanted.row_numbers is not None:
        raise NotFound("dataset", "the training data", next="Send the rows themselves in `rows`.")
    if background < LEAST_UNSEEN_BACKGROUND:
        raise InvalidRequest(
            f"The training data are not yours to see: `background` is at least {LEAST_UNSEEN_BACKGROUND}."
        )


def _rows(kind: Kind, wanted: ExplanationRequest, inputs: Schema) -> tuple[Json | None, int]:
    """(the rows to explain in typed JSON, how many there are). Raises InvalidRequest, InvalidInput."""
    given = (wanted.rows is not None) + (wanted.row_numbers is not None)
    if not kind.of_rows:
        if given:
            raise InvalidRequest(f"{kind.title} is of the whole model: it takes no rows.")
        return None, 0
    if given != 1:
        raise InvalidRequest(
            f"{kind.title} is of single rows.", next="Send them in `rows`, or name `row_numbers` of the dataset."
        )
    if wanted.row_numbers is not None:
        return None, len(set(wanted.row_numbers))
    table = json_format.from_document(wanted.rows, inputs)
    if not 1 <= table.rows <= MOST_ROWS:
        raise InvalidInput(f"1 to {MOST_ROWS} rows can be explained at once, not {table.rows}.")
    return json_format.to_document(table, "split"), table.rows


def _columns(kind: Kind, wanted: ExplanationRequest, inputs: Schema) -> list[str] | None:
    """The columns to explain, in the model's order; None for all. Raises InvalidRequest, InvalidInput."""
    if wanted.columns is None:
        return None
    if not kind.of_columns:
        raise InvalidRequest(f"{kind.title} is of all columns together: leave `columns` out.")
    for name in wanted.columns:
        inputs.field(name)
    return [name for name in inputs.names if name in wanted.columns]
