"""A version's container as a job asks it: some rows at a time, and again while the lake has no room for it."""

import time
from collections.abc import Iterable, Iterator

from registry.domain.entities import ModelVersion
from registry.domain.errors.families import LakeError
from registry.domain.errors.invalid import InvalidRequest
from registry.domain.errors.model import ModelOutOfMemory, PredictionTimeout
from registry.jobs.progress import JobProgress
from registry.services.predict import Prediction
from registry.tables.joining import concatenated
from registry.tables.table import Table

_PATIENCE_SECONDS, _PAUSE_SECONDS = 600.0, 1.0
_FIRST_ROWS, _MOST_ROWS, _MOST_VALUES = 1_000, 20_000, 2_000_000
# A question that takes longer keeps everybody else who asks the same model waiting.
_QUICK_SECONDS, _SLOW_SECONDS = 1.0, 5.0


class PatientModel:
    """Asks one version for one job. Raises Cancelled when the job was, and what `Prediction.answer` raises."""

    def __init__(self, prediction: Prediction, version: ModelVersion, progress: JobProgress) -> None:
        self._prediction = prediction
        self._version = version
        self._progress = progress
        self._most = max(1, min(_MOST_ROWS, _MOST_VALUES // max(1, len(version.inputs))))
        self._rows = min(_FIRST_ROWS, self._most)

    def answers(self, mode: str, parts: Iterable[Table]) -> Iterator[tuple[Table, Table]]:
        """(rows, predictions) of all that is in the parts, in their order, as many rows at once as go quickly."""
        for part in parts:
            start = 0
            while start < part.rows:
                rows = part.slice(start, start + self._rows)
                try:
                    yield rows, self.answer(mode, rows)
                except (PredictionTimeout, ModelOutOfMemory):
                    if rows.rows == 1:
                        raise
                    self._rows = max(1, rows.rows // 4)
                    continue
                start += rows.rows

    def all_answers(self, mode: str, table: Table) -> Table:
        """The predictions of all rows of one table."""
        return concatenated([answer for _, answer in self.answers(mode, [table])])

    def answer(self, mode: str, table: Table) -> Table:
        """The answer to one question."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            begun = time.monotonic()
            try:
                answer = self._prediction.answer(self._version.id, mode, table)
            except LakeError:
                if time.monotonic() > deadline:
                    raise
                self._progress.check()
                time.sleep(_PAUSE_SECONDS)
                continue
            self._keep_pace(table.rows, time.monotonic() - begun)
            return answer

    def can(self, mode: str, table: Table) -> Table | None:
        """The answer in this mode; None when the model has no such mode."""
        try:
            return self.answer(mode, table)
        except InvalidRequest:
            return None

    def _keep_pace(self, rows: int, seconds: float) -> None:
        if seconds < _QUICK_SECONDS and rows >= self._rows:
            self._rows = min(self._rows * 2, self._most)
        elif seconds > _SLOW_SECONDS:
            self._rows = max(1, self._rows // 2)
