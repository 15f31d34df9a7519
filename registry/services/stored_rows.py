"""The rows of a stored dataset as a version takes them, some at a time."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from registry.domain.entities import Dataset
from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.schema import Schema
from registry.services.datasets import DatasetService
from registry.tables import arrow_format, arrow_streams
from registry.tables.joining import concatenated, taken
from registry.tables.table import Column, Table


@dataclass(frozen=True, slots=True)
class Part:
    """Rows from the number `first` on: `inputs` as the model takes them; `target` is the column of the truth."""

    first: int
    inputs: Table
    target: Column | None


class StoredRows:
    """One dataset, read for one version. Columns that the version does not take are left out."""

    def __init__(self, datasets: DatasetService, dataset: Dataset, inputs: Schema, target: str | None = None) -> None:
        self._datasets = datasets
        self._dataset = dataset
        self._inputs = inputs
        self._target = target
        self._columns = [*dict.fromkeys((*inputs.names, *([] if target is None else [target])))]

    def parts(self, start: int = 0) -> Iterator[Part]:
        """All rows from `start` on. Raises InvalidInput, with rows as the dataset counts them."""
        first = 0
        with self._datasets.parquet(self._dataset) as file:
            for table in arrow_streams.stored(file, columns=self._columns).parts:
                if first + table.rows > start:
                    begin = max(first, start)
                    yield self._part(begin, table.slice(begin - first, table.rows))
                first += table.rows

    def sample(self, rows: int, seed: int) -> Part:
        """At most so many rows, chosen at random: the same for the same seed; `first` says nothing."""
        total = self._dataset.rows
        return self.chosen(sorted(random.Random(seed).sample(range(total), min(rows, total))))  # noqa: S311

    def chosen(self, numbers: Sequence[int]) -> Part:
        """The rows of these numbers, in ascending order. Raises InvalidRequest for what is no row of it."""
        if not numbers or numbers[-1] >= self._dataset.rows:
            raise InvalidRequest(f"The dataset has {self._dataset.rows} rows, counted from 0.")
        inputs, targets, left = [], [], [*numbers]
        for part in self.parts():
            here = [number - part.first for number in left if number < part.first + part.inputs.rows]
            if here:
                inputs.append(taken(part.inputs, here))
                if part.target is not None:
                    targets.append(taken(Table.of((part.target,)), here))
                left = left[len(here) :]
            if not left:
                break
        target = concatenated(targets).columns[0] if targets else None
        return Part(0, concatenated(inputs), target)

    def _part(self, first: int, table: Table) -> Part:
        try:
            inputs = arrow_format.from_arrow(arrow_format.to_arrow(table.select(self._inputs.names)), self._inputs)
        except InvalidInput as error:
            raise _counted_from(error, first) from None
        return Part(first, inputs, None if self._target is None else table.column(self._target))


def _counted_from(error: InvalidInput, first: int) -> InvalidInput:
    """The same error, with the rows of the whole dataset."""
    problems = [
        {**problem, "row": None if problem["row"] is None else problem["row"] + first}
        for problem in error.fields["problems"]
    ]
    if not problems:
        return error
    where = problems[0]
    at = "" if where["row"] is None else f", row {where['row']}"
    return InvalidInput(
        f"In column {where['column']!r:.80}{at} of the dataset: expected {where['expected']}, got {where['got']}.",
        problems=problems,
    )
