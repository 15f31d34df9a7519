"""What a version answers that came without golden rows: its columns and classes, from one row of its training data."""

from itertools import islice

from registry.domain.entities import ModelVersion, Shown
from registry.domain.errors.families import LakeError, WelesError
from registry.domain.schema import Schema
from registry.services.datasets import DatasetService
from registry.services.predict import Prediction
from registry.services.stored_rows import StoredRows


class FirstLook:
    """Asks about one row, in each mode. Where the model does not answer, nothing is known: that is no failure."""

    def __init__(self, prediction: Prediction, datasets: DatasetService) -> None:
        self._prediction = prediction
        self._datasets = datasets

    def look(self, version: ModelVersion) -> Shown:
        """Raises the lake family only."""
        exact, prob = self._answer(version, "exact"), self._answer(version, "prob")
        outputs = [] if exact is None else exact.to_json()
        return Shown(outputs, None if prob is None else [*prob.names], version.together)

    def _answer(self, version: ModelVersion, mode: str) -> Schema | None:
        if version.dataset_hash is None:
            return None
        dataset, inputs = self._datasets.get(version.dataset_hash), Schema.from_json(version.inputs)
        try:
            rows = StoredRows(self._datasets, dataset, inputs)
            for part in islice(rows.parts(), 1):
                return self._prediction.answer(version.id, mode, part.inputs.slice(0, 1)).schema
        except LakeError:
            raise
        except WelesError:
            return None
        return None
