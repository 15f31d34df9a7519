"""Which measures there are, and which of them fit a model."""

import pytest

from registry.domain.errors.invalid import MeasureMisfit
from registry.domain.measures import MEASURES, Task, chosen, fitting, named, task_of


def test_names_and_aliases_each_once_in_the_order_of_the_table() -> None:
    assert named(["F1", "acc", "accuracy"]) == ("accuracy", "f1")
    with pytest.raises(MeasureMisfit) as refused:
        named(["kappa"])
    assert refused.value.fields["available"] == [*MEASURES]


def test_everything_that_fits_is_chosen_when_nothing_is_wanted() -> None:
    assert chosen([], Task.REGRESSION, has_prob=False) == ("mse", "rmse", "mae", "mape", "r2")
    assert "auc" in chosen([], Task.CLASSIFICATION, has_prob=True)
    assert "auc" not in fitting(Task.CLASSIFICATION, has_prob=False)


def test_a_misfit_names_what_fits() -> None:
    with pytest.raises(MeasureMisfit, match="rmse is a measure of regression") as refused:
        chosen(["rmse"], Task.CLASSIFICATION, has_prob=False)
    assert refused.value.fields["available"] == ["accuracy", "balanced_accuracy", "precision", "recall", "f1"]
    with pytest.raises(MeasureMisfit, match="auc is of probabilities"):
        chosen(["auc"], Task.CLASSIFICATION, has_prob=False)


@pytest.mark.parametrize(
    ("wanted", "prob", "numbers", "fractions", "task"),
    [
        ([], True, True, False, Task.CLASSIFICATION),
        ([], False, False, False, Task.CLASSIFICATION),
        ([], False, True, True, Task.REGRESSION),
        (["accuracy"], False, True, True, Task.REGRESSION),
        ([], False, True, False, Task.CLASSIFICATION),
        (["mae", "r2"], False, True, False, Task.REGRESSION),
    ],
)
def test_what_a_model_is_for(wanted: list[str], prob: bool, numbers: bool, fractions: bool, task: Task) -> None:
    assert task_of(wanted, has_prob=prob, answers_numbers=numbers, answers_fractions=fractions) is task
