"""A creator's session for tests: models of this very interpreter, with the packages that it has."""

import io
import json
import pickle
import platform
from importlib.metadata import version
from typing import Any

import pandas as pd
from sklearn.datasets import load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

PACKAGES = (
    "scikit-learn",
    "numpy",
    "scipy",
    "joblib",
    "threadpoolctl",
    "pandas",
    "python-dateutil",
    "pytz",
    "six",
    "tzdata",
)


def freeze(*, without: tuple[str, ...] = ()) -> str:
    """What `pip freeze` says of the packages that the test models need."""
    lines = []
    for package in PACKAGES:
        try:
            lines.append(f"{package}=={version(package)}")
        except ImportError:
            continue
    return "\n".join(line for line in lines if line.partition("==")[0] not in without) + "\n"


def wine() -> tuple[RandomForestClassifier, pd.DataFrame]:
    data = load_wine(as_frame=True).frame
    forest = RandomForestClassifier(n_estimators=50, random_state=0)
    return forest.fit(data.drop(columns="target"), data["target"]), data


def iris() -> tuple[LogisticRegression, pd.DataFrame]:
    """A model that answers with texts."""
    loaded = load_iris(as_frame=True)
    data = loaded.frame.rename(columns=lambda name: name.removesuffix(" (cm)").replace(" ", "_"))
    data["target"] = [str(loaded.target_names[code]) for code in data["target"]]
    return LogisticRegression(max_iter=500).fit(data.drop(columns="target"), data["target"]), data


def form(model: Any, data: pd.DataFrame, name: str, /, **changes: Any) -> dict[str, Any]:
    """The parts of an upload, as any HTTP client sends them; `changes` replace metadata or whole parts."""
    parts: dict[str, Any] = {
        "model": ("model.pkl", pickle.dumps(model, protocol=4), "application/octet-stream"),
        "requirements": ("requirements.txt", freeze(), "text/plain"),
        "data": ("data.csv", data.to_csv(index=False), "text/csv"),
    }
    metadata = {
        "name": name,
        "description": f"{type(model).__name__} of a test",
        "target": "target",
        "tags": ["test"],
        "flavour": "sklearn",
        "language_version": platform.python_version(),
        "data_name": f"{name} data",
    }
    for key, value in changes.items():
        if key in ("model", "requirements", "data", "golden"):
            parts[key] = (key, io.BytesIO(value if isinstance(value, bytes) else value.encode()), _types(key))
        else:
            metadata[key] = value
    return {"metadata": ("metadata.json", json.dumps(metadata), "application/json"), **parts}


def _types(part: str) -> str:
    return {"data": "text/csv", "golden": "application/json"}.get(part, "application/octet-stream")
