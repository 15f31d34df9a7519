"""The flavours and file formats that the runtimes of this lake know, by language."""

FLAVOURS: dict[str, tuple[str, ...]] = {
    "python": ("sklearn", "python"),
    "r": (
        "lm",
        "glm",
        "randomForest",
        "ranger",
        "rpart",
        "e1071",
        "glmnet",
        "xgboost",
        "mlr",
        "mlr3",
        "caret",
        "parsnip",
        "r",
    ),
}
FORMATS: dict[str, tuple[str, ...]] = {"python": ("pickle", "joblib"), "r": ("rds",)}
