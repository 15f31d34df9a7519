"""The truth and the answers, gathered part by part."""

import pytest

from registry.domain.errors.invalid import InvalidInput
from registry.domain.errors.model import ModelRaised
from registry.domain.schema import Schema
from registry.jobs.answers import Answers, ClassificationAnswers, RegressionAnswers
from registry.services.stored_rows import Part
from registry.tables.table import Column, Table


def _column(name: str, kind: str, values: list[object], **more: object) -> Column:
    return Column.from_values(Schema.from_json([{"name": name, "type": kind, **more}]).fields[0], values)


def _answer(kind: str, values: list[object], **more: object) -> Table:
    return Table.of((_column("prediction", kind, values, **more),))


def _truth(answers: Answers, kind: str, values: list[object], first: int = 0) -> None:
    answers.add_truth(Part(first, Table.of((), len(values)), _column("y", kind, values)))


def test_classes_that_the_model_names_are_matched_by_what_they_say() -> None:
    answers = ClassificationAnswers(("FALSE", "TRUE"))
    _truth(answers, "bool", [True, False])
    answers.add("exact", _answer("categorical", ["TRUE", "TRUE"], levels=["FALSE", "TRUE"]), 0)
    prob = Table.of((_column("FALSE", "float64", [0.1, 0.2]), _column("TRUE", "float64", [0.9, 0.8])))
    answers.add("prob", prob, 0)
    _truth(answers, "int64", [0], first=2)
    answers.add("exact", _answer("bool", [False]), 2)
    answers.add("prob", prob.slice(0, 1), 2)
    assert answers.table().to_values() == {
        "truth": [1, 0, 0],
        "exact": [1, 1, 0],
        "prob 0": [0.1, 0.2, 0.1],
        "prob 1": [0.9, 0.8, 0.9],
    }


def test_classes_that_nobody_names_are_those_that_come_up_in_their_order() -> None:
    answers = ClassificationAnswers(None)
    _truth(answers, "int64", [10, 9, 9])
    answers.add("exact", _answer("string", ["9", "9", "2"]), 0)
    table = answers.table()
    assert answers.classes == ("2", "9", "10")
    assert table.to_values() == {"truth": [2, 1, 1], "exact": [1, 1, 0]}


def test_what_is_wrong_says_where() -> None:
    answers = ClassificationAnswers(("a", "b"))
    with pytest.raises(InvalidInput) as refused:
        _truth(answers, "string", ["a", "c"], first=100)
    assert (refused.value.fields["problems"][0]["column"], refused.value.fields["problems"][0]["row"]) == ("y", 101)
    with pytest.raises(InvalidInput, match="missing in row 8"):
        _truth(RegressionAnswers(), "float64", [1.0, None], first=7)
    with pytest.raises(InvalidInput, match="predicts numbers"):
        _truth(RegressionAnswers(), "string", ["a"])


def test_what_the_model_does_wrong_is_the_models_fault() -> None:
    answers = ClassificationAnswers(("a", "b"))
    _truth(answers, "string", ["a"])
    for mode, answer in (
        ("exact", _answer("string", ["c"])),
        ("exact", _answer("string", [None])),
        ("prob", Table.of((_column("b", "float64", [1.0]), _column("a", "float64", [0.0])))),
        ("prob", Table.of((_column("a", "float64", [None]), _column("b", "float64", [0.0])))),
    ):
        with pytest.raises(ModelRaised):
            answers.add(mode, answer, 0)
    with pytest.raises(ModelRaised, match="row 5"):
        RegressionAnswers().add("exact", _answer("float64", [None]), 5)
