"""The measures of an audit: for which task each is defined, what it needs, and which of them fit a model.  (pure)

Values are scikit-learn's. With two classes precision, recall, F1 and AUC are of the second one, in the order in which
the model has them (1 of 0 and 1, TRUE of FALSE and TRUE); with more they are the unweighted mean over the classes
(`macro`), AUC of each class against the rest. `mape` is a fraction, not a percentage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from registry.domain.errors.invalid import MeasureMisfit


class Task(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class Measure:
    """`needs_prob`: it is of the classes' probabilities; the others are of the predictions themselves."""

    name: str
    title: str
    task: Task
    needs_prob: bool = False
    greater_is_better: bool = True


_C, _R = Task.CLASSIFICATION, Task.REGRESSION
MEASURES = {
    measure.name: measure
    for measure in (
        Measure("accuracy", "accuracy", _C),
        Measure("balanced_accuracy", "balanced accuracy", _C),
        Measure("precision", "precision", _C),
        Measure("recall", "recall", _C),
        Measure("f1", "F1", _C),
        Measure("auc", "area under the ROC curve", _C, needs_prob=True),
        Measure("log_loss", "log-loss", _C, needs_prob=True, greater_is_better=False),
        Measure("brier", "Brier score", _C, needs_prob=True, greater_is_better=False),
        Measure("mse", "mean squared error", _R, greater_is_better=False),
        Measure("rmse", "root mean squared error", _R, greater_is_better=False),
        Measure("mae", "mean absolute error", _R, greater_is_better=False),
        Measure("mape", "mean absolute percentage error", _R, greater_is_better=False),
        Measure("r2", "R²", _R),
    )
}
# As the prototype and the packages of R call them.
ALIASES = {"acc": "accuracy", "bacc": "balanced_accuracy", "ppv": "precision", "tpr": "recall", "roc_auc": "auc"}
ALIASES |= {"logloss": "log_loss", "rsq": "r2"}


def named(names: Iterable[str]) -> tuple[str, ...]:
    """The measures of these names or aliases, each once, in the order of `MEASURES`. Raises MeasureMisfit."""
    wanted = [ALIASES.get(name.lower(), name.lower()) for name in names]
    for name in wanted:
        if name not in MEASURES:
            raise MeasureMisfit(f"There is no measure {name!r:.80}.", tuple(MEASURES))
    return tuple(name for name in MEASURES if name in wanted)


def fitting(task: Task, *, has_prob: bool) -> tuple[str, ...]:
    """Every measure that is defined for a model of this task."""
    return tuple(
        measure.name for measure in MEASURES.values() if measure.task is task and (has_prob or not measure.needs_prob)
    )


def chosen(wanted: Sequence[str], task: Task, *, has_prob: bool) -> tuple[str, ...]:
    """`wanted`, or everything that fits when nothing is. Raises MeasureMisfit, naming what fits."""
    fit = fitting(task, has_prob=has_prob)
    for name in wanted:
        if name in fit:
            continue
        measure = MEASURES[name]
        if measure.task is not task:
            raise MeasureMisfit(f"{name} is a measure of {measure.task}; this is a model of {task}.", fit)
        raise MeasureMisfit(f"{name} is of probabilities of classes, and this model gives none.", fit)
    return tuple(wanted) or fit


def task_of(wanted: Sequence[str], *, has_prob: bool, answers_numbers: bool, answers_fractions: bool) -> Task:
    """What a model is for: one with probabilities classifies, one that answers with fractions does not.

    One that answers with whole numbers does what the measures that are wanted are of; it classifies when they do not
    say. `answers_numbers`: int or float, `answers_fractions`: float.
    """
    if has_prob or not answers_numbers:
        return Task.CLASSIFICATION
    if answers_fractions:
        return Task.REGRESSION
    tasks = {MEASURES[name].task for name in wanted}
    return Task.REGRESSION if tasks == {Task.REGRESSION} else Task.CLASSIFICATION
