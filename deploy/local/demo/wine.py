"""A creator in Python: train on wine, upload, and call both of the demo's models from here.

`wine.py upload` leaves what this session itself says in the demo's folder; `wine.py call` what the lake says.
"""

import os
import sys
from pathlib import Path

import pandas as pd
import weles
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

FOLDER = Path(os.environ["DEMO_FOLDER"])


def upload() -> None:
    data = load_wine(as_frame=True).frame
    rows = data.drop(columns="target")
    forest = RandomForestClassifier(n_estimators=777, random_state=0).fit(rows, data["target"])
    weles.model.upload(
        forest,
        "wine",
        "A forest of 777 trees that tells three cultivars of wine apart",
        "target",
        ["wine", "forest"],
        data,
        "wine data",
        "178 Italian wines, 13 measurements each, of 3 cultivars",
        environment="freeze",
        wait=True,
    )
    rows.to_csv(FOLDER / "wine.csv", index=False)
    _keep("wine.session.exact", pd.DataFrame({"prediction": forest.predict(rows)}))
    _keep("wine.session.prob", pd.DataFrame(forest.predict_proba(rows), columns=forest.classes_))


def call() -> None:
    for name in ("wine", "iris"):
        rows = pd.read_csv(FOLDER / f"{name}.csv")
        _keep(f"{name}.Python.exact", weles.model.predict(name, rows).to_frame("prediction"))
        _keep(f"{name}.Python.prob", weles.model.predict(name, rows, mode="prob"))


def _keep(what: str, answers: pd.DataFrame) -> None:
    answers.to_json(FOLDER / f"{what}.json", orient="split", index=False, double_precision=15)


if __name__ == "__main__":
    weles.connect()
    {"upload": upload, "call": call}[sys.argv[1]]()
