"""What the lake finds out about a model by itself."""

import pytest

from registry.domain.found_tags import found_tags, main_packages
from registry.domain.schema import Field
from registry.domain.task import Task, TaskKind, find_task

FOREST = "sklearn.ensemble._forest.RandomForestClassifier"


@pytest.mark.parametrize(
    ("column", "model_class", "probabilities", "distinct", "expected"),
    [
        ({"type": "int64"}, FOREST, 3, None, Task(TaskKind.CLASSIFICATION, 3)),
        ({"type": "int64"}, FOREST, None, None, Task(TaskKind.CLASSIFICATION)),
        ({"type": "int64"}, "sklearn.svm._classes.LinearSVC", None, 4, Task(TaskKind.CLASSIFICATION, 4)),
        ({"type": "string"}, "my.Model", None, None, Task(TaskKind.CLASSIFICATION)),
        ({"type": "categorical", "levels": ["a", "b"]}, "ranger", None, 2, Task(TaskKind.CLASSIFICATION, 2)),
        ({"type": "bool"}, "glm", None, None, Task(TaskKind.CLASSIFICATION, 2)),
        ({"type": "float64"}, "sklearn.ensemble._gb.GradientBoostingRegressor", None, 9, Task(TaskKind.REGRESSION)),
        ({"type": "float64"}, "sklearn.linear_model._logistic.LogisticRegression", 2, None, Task("classification", 2)),
        ({"type": "int64"}, "sklearn.linear_model._base.LinearRegression", None, None, Task(TaskKind.REGRESSION)),
        ({"type": "int32"}, "lm", None, None, Task(TaskKind.REGRESSION)),
        ({"type": "int64"}, "my.Model", None, None, None),
        ({"type": "date"}, "my.Model", None, None, None),
    ],
)
def test_the_task(column, model_class, probabilities, distinct, expected) -> None:
    target = Field.from_json({"name": "y", **column})
    assert find_task(target, model_class, probabilities=probabilities, distinct=distinct) == expected


def test_the_main_packages_come_with_the_models_own_first() -> None:
    installed = {"numpy": "1.26.4", "six": "1.16", "scikit-learn": "1.5.2", "fancy-models": "0.1"}
    assert [*main_packages("python", "sklearn", FOREST, installed).items()] == [
        ("scikit-learn", "1.5.2"),
        ("numpy", "1.26.4"),
    ]
    assert next(iter(main_packages("python", "python", "fancy_models.net.Net", installed))) == "fancy-models"
    assert main_packages("r", "ranger", "ranger", {"ranger": "0.16.0", "Rcpp": "1.0"}) == {"ranger": "0.16.0"}
    assert main_packages("r", "lm", "lm", {}) == {}


def test_tags_come_once_and_tell_most_first() -> None:
    tags = found_tags("python", "sklearn", FOREST, Task(TaskKind.CLASSIFICATION, 3), ["scikit-learn", "sklearn"])
    assert tags == ["python", "sklearn", "RandomForestClassifier", "classification", "3 classes", "scikit-learn"]
    assert found_tags("r", "lm", "lm", None, []) == ["r", "lm"]
    assert found_tags("r", "r", "", None, []) == ["r"]
