"""train.py FOLDER: the models that every server serves, and their data. Run by the interpreter of the bare server.

FOLDER/<model>.pkl, <model>.rows.json ({columns, data, expected}: rows to ask for, with this session's predictions),
<model>.csv (training data, column `target`), batch.parquet (1,000,000 rows for `boosting`).
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor

ROWS, COLUMNS = 1_000_000, 20
ASKED = 64
# A model that keeps what it was trained on: 10 MB.
KEPT_ROWS = 60_000


def wide(rows: int) -> pd.DataFrame:
    numbers = np.random.default_rng(0).normal(size=(rows, COLUMNS))
    return pd.DataFrame(numbers, columns=[f"x{number}" for number in range(COLUMNS)])


def keep(folder: Path, name: str, model: object, rows: pd.DataFrame, target: pd.Series) -> None:
    (folder / f"{name}.pkl").write_bytes(pickle.dumps(model))
    rows.assign(target=target).to_csv(folder / f"{name}.csv", index=False)
    asked = rows.head(ASKED)
    document = {
        "columns": list(asked.columns),
        "data": asked.to_numpy().tolist(),
        "expected": model.predict(asked).tolist(),  # type: ignore[attr-defined]
    }
    (folder / f"{name}.rows.json").write_text(json.dumps(document))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    iris, wine = load_iris(as_frame=True).frame, load_wine(as_frame=True).frame
    rows, y = iris.drop(columns="target"), iris["target"]
    keep(folder, "logistic", LogisticRegression(max_iter=1000).fit(rows, y), rows, y)
    rows, y = wine.drop(columns="target"), wine["target"]
    keep(folder, "forest", RandomForestClassifier(n_estimators=777, random_state=0).fit(rows, y), rows, y)
    rows = wide(20_000)
    y = rows["x0"] * 2 + np.sin(rows["x1"]) + rows["x2"] * rows["x3"]
    keep(folder, "boosting", HistGradientBoostingRegressor(max_iter=100, random_state=0).fit(rows, y), rows, y)
    rows = wide(KEPT_ROWS)
    neighbours = KNeighborsRegressor(algorithm="brute").fit(rows, rows["x0"] * 2)
    keep(folder, "neighbours", neighbours, rows.head(2_000), rows["x0"].head(2_000) * 2)
    wide(ROWS).to_parquet(folder / "batch.parquet", index=False)
    (folder / "done").touch()


main(Path(sys.argv[1]))
