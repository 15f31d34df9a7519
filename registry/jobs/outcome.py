"""The one number per row that is explained: a prediction, a class's probability, or whether it is the class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.errors.model import ModelRaised
from registry.jobs.answers import NUMBERS
from registry.jobs.asking import PatientModel
from registry.services import labels
from registry.tables.table import Column, Table


@dataclass(frozen=True, slots=True)
class Outcome:
    """`output`: value, probability, or indicator (1 where the model says `class_name`, and gives no probabilities)."""

    output: str
    classes: tuple[str, ...]
    class_name: str | None = None

    @property
    def mode(self) -> str:
        return "prob" if self.output == "probability" else "exact"

    def numbers(self, answer: Table, first: int) -> Sequence[float]:
        """The number of each row that the model answered. Raises ModelRaised where it gave none."""
        column = answer.columns[0] if self.mode == "exact" else answer.column(str(self.class_name))
        values = column.to_values()
        if None in values:
            raise ModelRaised("NoAnswer", "it answers a row with null", "")
        if self.output == "indicator":
            return [float(self.class_name in labels.forms(value)) for value in values]
        return [float(value) for value in values]


def outcome_of(model: PatientModel, rows: Table, wanted: str | None) -> Outcome:
    """What is explained: the class that is wanted; else the second of two, or the one that `rows` most often have.

    Raises InvalidRequest when the class is none of the model's.
    """
    some = rows.slice(0, 1000)
    prob = model.can("prob", some)
    if prob is not None:
        classes = prob.schema.names
        return Outcome("probability", classes, _class(classes, wanted) or _expected(prob))
    exact = model.answer("exact", some).columns[0]
    if exact.field.type in NUMBERS and wanted is None:
        return Outcome("value", ())
    values = exact.to_values()
    if exact.field.levels is None and wanted is not None:
        # Which other classes there are nobody knows: any label may be one that comes for other rows.
        return Outcome("indicator", (wanted,), wanted)
    classes = exact.field.levels or labels.ordered({labels.text(value) for value in values if value is not None})
    return Outcome("indicator", classes, _class(classes, wanted) or _most_often(classes, values))


def target_numbers(target: Column | None, outcome: Outcome) -> list[float]:
    """The truth as the explained number would be: 1 for the class and 0 for the others, or the value itself.

    Raises InvalidInput for what is no number or no class, and where there is only one class.
    """
    if target is None:
        raise InvalidInput("There is no column of the truth.")
    name, values = target.field.name, target.to_values()
    if None in values:
        raise InvalidInput(f"The target {name!r:.80} is missing in some rows.", column=name, expected="a value")
    if outcome.class_name is None:
        if target.field.type not in NUMBERS:
            raise InvalidInput(f"The target {name!r:.80} is no number.", column=name, expected="numbers")
        return [float(value) for value in values]
    if outcome.output == "probability":
        wanted = outcome.classes.index(outcome.class_name)
        found = [float(code == wanted) for code in labels.codes(values, outcome.classes, column=name)]
    else:
        found = [float(outcome.class_name in labels.forms(value)) for value in values]
    if len(set(found)) == 1:
        raise InvalidInput(
            f"The rows have {'only' if found[0] else 'none of'} the class {outcome.class_name!r:.80} as the truth: "
            "nothing can be lost.",
            column=name,
            expected="rows of two classes",
        )
    return found


def _class(classes: Sequence[str], wanted: str | None) -> str | None:
    if wanted is None:
        return classes[1] if len(classes) == 2 else None
    for form in labels.forms(wanted):
        if form in classes:
            return form
    raise InvalidRequest(
        f"There is no class {wanted!r:.80}.", next=f"Set `class` to one of {', '.join(classes)[:500]}."
    )


def _most_often(classes: Sequence[str], values: Sequence[Any]) -> str:
    return max(classes, key=lambda name: sum(name in labels.forms(each) for each in values))


def _expected(prob: Table) -> str:
    """The class that has the largest mean probability."""
    return max(prob.columns, key=lambda column: sum(each or 0.0 for each in column.to_values())).field.name
