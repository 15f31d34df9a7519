"""Stored datasets as what a version is asked about: may the caller see it, has it the columns, is it not too much."""

from registry.domain.access import Right, Thing
from registry.domain.entities import Dataset, ModelVersion, User
from registry.domain.errors.invalid import InvalidInput, TooMuchWork
from registry.domain.schema import Schema
from registry.services.access import AccessService
from registry.services.datasets import DatasetService


class FittingDatasets:
    """Looks up datasets for a version. `most_values`: what one job may ask a model about, in rows times columns."""

    def __init__(self, datasets: DatasetService, access: AccessService, most_values: int) -> None:
        self._datasets = datasets
        self._access = access
        self._most_values = most_values

    def get(self, user: User | None, content_hash: str, version: ModelVersion, target: str | None = None) -> Dataset:
        """Raises NotFound when `user` may not see it, InvalidInput when columns are missing or it has no rows."""
        self._access.require(user, Right.SEE, Thing.DATASET, content_hash)
        return fitting(self._datasets.get(content_hash), version, target)

    def require_room(self, what: str, rows: int, version: ModelVersion) -> None:
        """Raises TooMuchWork when so many rows of the version's columns are too much for one job."""
        values = rows * max(1, len(version.inputs))
        if values > self._most_values:
            raise TooMuchWork(what, values, self._most_values, "values")


def fitting(dataset: Dataset, version: ModelVersion, target: str | None = None) -> Dataset:
    """The dataset, which has what the version takes, and the target. Raises InvalidInput."""
    schema, names = Schema.from_json(version.inputs), {column["name"] for column in dataset.schema}
    problems = [
        {"column": field.name, "row": None, "expected": f"a column of {field.type}", "got": "no such column"}
        for field in schema.fields
        if field.name not in names
    ]
    if target is not None and target not in names:
        expected = f"a column of the dataset: {', '.join(sorted(names))}"[:500]
        problems.append({"column": target, "row": None, "expected": expected, "got": "no such column"})
    if problems:
        missing = ", ".join(repr(problem["column"])[:80] for problem in problems[:10])
        raise InvalidInput(f"The dataset has no column {missing}.", problems=problems)
    if not dataset.rows:
        raise InvalidInput("The dataset has no rows.")
    return dataset
