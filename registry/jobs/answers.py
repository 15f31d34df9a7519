"""The truth and a model's answers, gathered part by part into the columns that measures are computed from."""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.domain.errors.invalid import InvalidInput
from registry.domain.errors.model import ModelRaised
from registry.domain.schema import ColumnType, Field
from registry.services import labels
from registry.services.stored_rows import Part
from registry.tables.table import Column, Table

NUMBERS = (ColumnType.INT32, ColumnType.INT64, ColumnType.FLOAT64)


class Answers(ABC):
    """Of a model of one task; `classes` is empty for regression."""

    classes: tuple[str, ...] = ()

    @abstractmethod
    def add_truth(self, part: Part) -> None: ...

    @abstractmethod
    def add(self, mode: str, answer: Table, first: int) -> None: ...

    @abstractmethod
    def table(self) -> Table: ...


class RegressionAnswers(Answers):
    def __init__(self) -> None:
        self._truth, self._exact = array("d"), array("d")

    def add_truth(self, part: Part) -> None:
        column = _target(part)
        if column.field.type not in NUMBERS:
            raise InvalidInput(
                f"The target {column.field.name!r:.80} is {column.field.type}; this model predicts numbers.",
                column=column.field.name,
                expected="numbers",
            )
        values = column.to_values()
        _no_nulls(column.field.name, values, part.first)
        self._truth.extend(values)

    def add(self, mode: str, answer: Table, first: int) -> None:
        self._exact.extend(map(float, _answered(answer.columns[0].to_values(), first)))

    def table(self) -> Table:
        return _columns(ColumnType.FLOAT64, {"truth": self._truth, "exact": self._exact}, {})


@dataclass(slots=True)
class ClassificationAnswers(Answers):
    """`known`: the classes, when the model names them; else they are the labels that come up, in their order."""

    known: tuple[str, ...] | None
    target: str = ""
    truth: "array[int]" = field(default_factory=lambda: array("i"))
    exact: "array[int]" = field(default_factory=lambda: array("i"))
    met: dict[str, int] = field(default_factory=dict)
    prob: list[bytearray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.classes = self.known or ()

    def add_truth(self, part: Part) -> None:
        column = _target(part)
        self.target = column.field.name
        self.truth.extend(self._codes(column.to_values(), self.target, part.first))

    def add(self, mode: str, answer: Table, first: int) -> None:
        if mode == "exact":
            values = _answered(answer.columns[0].to_values(), first)
            try:
                self.exact.extend(self._codes(values, "prediction", first))
            except InvalidInput as error:
                # Not the caller's fault: the model contradicts itself.
                raise ModelRaised("AnswersDisagree", error.detail, "") from None
            return
        if answer.schema.names != self.classes:
            raise ModelRaised("AnswersDisagree", "it names other classes for other rows", "")
        self.prob = self.prob or [bytearray() for _ in answer.columns]
        for gathered, column in zip(self.prob, answer.columns, strict=True):
            if column.validity is not None:
                _answered(column.to_values(), first)
            gathered += memoryview(column.data).cast("B")

    def table(self) -> Table:
        if self.known is None:
            self._order()
        codes = {"truth": self.truth, **({"exact": self.exact} if self.exact else {})}
        return _columns(ColumnType.INT32, codes, {f"prob {number}": each for number, each in enumerate(self.prob)})

    def _codes(self, values: Sequence[object], column: str, first: int) -> list[int]:
        if self.known is not None:
            return labels.codes(values, self.known, column=column, first_row=first)
        _no_nulls(column, values, first)
        return [self._met(value) for value in values]

    def _met(self, value: object) -> int:
        found = next((form for form in labels.forms(value) if form in self.met), None)
        return self.met.setdefault(found or labels.text(value), len(self.met))

    def _order(self) -> None:
        """Classes in the order of their numbers or texts, whichever row came first."""
        self.classes = labels.ordered(self.met)
        place = [self.classes.index(name) for name in self.met]
        for codes in (self.truth, self.exact):
            codes[:] = array("i", [place[code] for code in codes])


def _target(part: Part) -> Column:
    if part.target is None:
        raise InvalidInput("The rows were read without the column of the truth.")
    return part.target


def _no_nulls(name: str, values: Sequence[object], first: int) -> None:
    if None in values:
        row = first + values.index(None)
        raise InvalidInput(
            f"The target {name!r:.80} is missing in row {row}; a prediction cannot be compared with nothing.",
            column=name,
            row=row,
            expected="a value, not null",
        )


def _answered(values: list[Any], first: int) -> list[Any]:
    if None in values:
        raise ModelRaised("NoAnswer", f"it answers row {first + values.index(None)} of the dataset with null", "")
    return values


def _columns(
    kind: ColumnType, values: dict[str, "array[int]"] | dict[str, "array[float]"], prob: dict[str, bytearray]
) -> Table:
    columns = [Column(Field(name, kind), each) for name, each in values.items()]
    return Table.of((*columns, *(Column(Field(name, ColumnType.FLOAT64), each) for name, each in prob.items())))
