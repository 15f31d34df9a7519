"""Asks a model with MLflow's own scoring client; the model's URL is the client's base URL, the token its password.

Runs in a virtual environment of its own, without this repository.
"""

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

question: dict[str, Any] = json.load(sys.stdin)
# The client joins what it takes for a host and a port with a colon.
host, port = question["url"].rsplit(":", 1)
client = ScoringServerClient(f"weles:{question['token']}@{host}", f"{port}/api/v1/models/{question['model']}")

client.wait_server_ready(timeout=5)
frame = pd.DataFrame(question["rows"])
for name, levels in question.get("levels", {}).items():
    frame[name] = pd.Categorical(frame[name], categories=levels)
answer: dict[str, Any] = {
    "version": client.get_version(),
    "frame": client.invoke(frame).get_predictions().iloc[:, 0].tolist(),
    "prob": client.invoke(frame, params={"mode": "prob"}).get_predictions().to_dict(orient="list"),
    "records": client.invoke(json.dumps({"dataframe_records": frame.to_dict("records")}))["predictions"],
}
if question.get("numeric"):
    array = frame.to_numpy(dtype=float)
    answer["array"] = client.invoke(array).get_predictions("ndarray").tolist()
    answer["instances"] = client.invoke(json.dumps({"instances": array.tolist()}))["predictions"]
if question.get("missing"):
    array = array.copy()
    array[0, 0] = np.nan
    answer["missing"] = len(client.invoke(pd.DataFrame(array)).get_predictions())
try:
    client.invoke(frame.drop(columns=[frame.columns[0]]))
except Exception as error:
    answer["error"] = str(error)
json.dump(answer, sys.stdout)
