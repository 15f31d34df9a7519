"""The same label, whatever language wrote it."""

import pytest

from registry.domain.errors.invalid import InvalidInput
from registry.services import labels


@pytest.mark.parametrize(
    ("values", "classes", "codes"),
    [
        (["setosa", "virginica"], ("setosa", "versicolor", "virginica"), [0, 2]),
        ([1, 0, 1], ("0", "1"), [1, 0, 1]),
        ([1.0, 0.0], ("0", "1"), [1, 0]),
        ([1, 0], ("0.0", "1.0"), [1, 0]),
        (["1", "0"], ("0.0", "1.0"), [1, 0]),
        ([True, False], ("FALSE", "TRUE"), [1, 0]),
        ([True, False], ("False", "True"), [1, 0]),
        (["TRUE", "False"], ("false", "true"), [1, 0]),
        ([True], ("0", "1"), [1]),
        (["001", "1"], ("001", "1"), [0, 1]),
    ],
)
def test_values_match_classes(values: list[object], classes: tuple[str, ...], codes: list[int]) -> None:
    assert labels.codes(values, classes, column="y") == codes


def test_the_most_literal_form_wins() -> None:
    assert labels.codes([1, 1.5], ("1.0", "1", "1.5"), column="y") == [1, 2]


@pytest.mark.parametrize(
    ("value", "got"), [("blue", "'blue'"), (None, "null"), ("001", "'001'"), (float("nan"), "nan")]
)
def test_what_is_no_class_is_named_with_its_row(value: object, got: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        labels.codes(["1", value], ("1", "red"), column="colour", first_row=100)
    assert refused.value.fields["problems"] == [{"column": "colour", "row": 101, "expected": "'1', 'red'", "got": got}]


def test_labels_are_ordered_as_numbers_when_all_are() -> None:
    assert labels.ordered(["10", "9"]) == ("9", "10")
    assert labels.ordered(["b", "10", "a"]) == ("10", "a", "b")
