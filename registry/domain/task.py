"""What a model is for, found from its data, its class and its creator's own answers (pure)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from registry.domain.schema import ColumnType, Field

_CLASSIFIERS = re.compile(r"Classif|LogisticRegression|SVC$|NB$|DiscriminantAnalysis$|Perceptron$|^[lq]da$|naiveBayes")
_REGRESSORS = re.compile(r"Regress|SVR$|Ridge|Lasso|ElasticNet|^lm$")
_NAMES_CLASSES = (ColumnType.CATEGORICAL, ColumnType.STRING, ColumnType.BOOL)


class TaskKind(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class Task:
    """`classes` is the number of classes of a classification, None while it is not known."""

    kind: TaskKind
    classes: int | None = None


def find_task(target: Field, model_class: str, *, probabilities: int | None, distinct: int | None) -> Task | None:
    """None when nothing tells.

    `probabilities`: in how many columns the creator's session answered with probabilities, None when it did not;
    `distinct`: how many values the target has in the training data, None when they were not counted.
    """
    name = model_class.rpartition(".")[2]
    classes = probabilities or (len(target.levels) if target.levels else None) or distinct
    if target.type is ColumnType.BOOL:
        classes = classes or 2
    if probabilities or target.type in _NAMES_CLASSES or _CLASSIFIERS.search(name):
        return Task(TaskKind.CLASSIFICATION, classes)
    if target.type is ColumnType.FLOAT64 or _REGRESSORS.search(name):
        return Task(TaskKind.REGRESSION)
    return None
