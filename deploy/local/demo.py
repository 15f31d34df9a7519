"""The creator's side of `make demo`: train on wine, upload, predict, and compare with this very session."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import weles
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

SHOWN = 6
TOLERANCE = 1e-9


def main() -> int:
    data = load_wine(as_frame=True).frame
    rows = data.drop(columns="target")
    forest = RandomForestClassifier(n_estimators=777, random_state=0).fit(rows, data["target"])

    weles.connect()
    weles.model.upload(
        forest,
        "wine",
        "A forest of 777 trees that tells three cultivars of wine apart",
        "target",
        ["wine", "forest"],
        data,
        "wine data",
        "178 Italian wines, 13 measurements each, of 3 cultivars",
        wait=True,
    )

    sample = rows.iloc[:: len(rows) // SHOWN].head(SHOWN)
    Path(os.environ["WELES_TOKEN_FILE"]).with_name("demo").joinpath("rows.json").write_text(
        json.dumps({"columns": list(sample.columns), "data": sample.to_numpy().tolist()})
    )
    here, there = forest.predict(rows), weles.model.predict("wine", rows)
    prob_here = forest.predict_proba(rows)
    prob_there = weles.model.predict("wine", rows, mode="prob")

    print(f"{'row':>4}  {'this session':>14}  {'the lake':>10}    probabilities here → in the lake")
    for row in sample.index:
        ours = " ".join(f"{p:.3f}" for p in prob_here[row])
        theirs = " ".join(f"{p:.3f}" for p in prob_there.iloc[row])
        print(f"{row:>4}  {here[row]:>14}  {there.iloc[row]:>10}    {ours} → {theirs}")
    same = bool((here == there.to_numpy()).all()) and bool(np.allclose(prob_here, prob_there, rtol=0, atol=TOLERANCE))
    print(f"All {len(rows)} predictions {'agree' if same else 'DO NOT AGREE'} (probabilities to {TOLERANCE:g}).")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
