"""Tags that nobody has to give: language, flavour, class, task and main packages of a version (pure)."""

from collections.abc import Mapping, Sequence

from packaging.utils import canonicalize_name

from registry.domain.task import Task

# Distributions by the module that their classes come from, where the two have different names.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}
# What decides whether a model file can be loaded, and how it answers; in the order in which people look for it.
_MAIN: Mapping[str, tuple[str, ...]] = {
    "python": (
        *("scikit-learn", "xgboost", "lightgbm", "catboost", "keras", "tensorflow", "torch", "statsmodels"),
        *("imbalanced-learn", "joblib", "numpy", "scipy", "pandas", "polars"),
    ),
    "r": (
        *("mlr", "mlr3", "caret", "parsnip", "workflows", "randomForest", "ranger", "rpart", "e1071", "glmnet"),
        *("xgboost", "lightgbm", "gbm", "nnet", "kernlab", "survival", "mgcv"),
    ),
}
_LONGEST = 100


def main_packages(language: str, flavour: str, model_class: str, packages: Mapping[str, str]) -> dict[str, str]:
    """Of all `packages` (name → version) those that the model is made of, the class's own first."""
    known = _MAIN.get(language, ())
    root = model_class.partition(".")[0]
    own = flavour if language == "r" else canonicalize_name(_DISTRIBUTIONS.get(root, root))
    names = dict.fromkeys((own, *known))
    return {name: packages[name] for name in names if name in packages}


def found_tags(language: str, flavour: str, model_class: str, task: Task | None, packages: Sequence[str]) -> list[str]:
    """`packages` are the names of the main ones. Each tag once, most telling first."""
    tags = [language, flavour, model_class.rpartition(".")[2]]
    if task is not None:
        tags += [task.kind, *([f"{task.classes} classes"] if task.classes else [])]
    return [tag for tag in dict.fromkeys([*tags, *packages]) if 0 < len(tag) <= _LONGEST]
