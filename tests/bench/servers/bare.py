"""The least that a Flask server can do: load the models (BENCH_MODELS), read JSON or Arrow, predict, answer."""

import os
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
from flask import Flask, Response, jsonify, request

FOLDER = Path(os.environ["BENCH_MODELS"])
NAMES = os.environ.get("BENCH_NAMES", "logistic,forest,boosting").split(",")
MODELS = {name: pickle.loads((FOLDER / f"{name.partition('-')[0]}.pkl").read_bytes()) for name in NAMES}
ARROW = "application/vnd.apache.arrow.stream"
app = Flask(__name__)


@app.get("/health")
def health() -> str:
    return "ok"


@app.post("/<name>")
def predict(name: str) -> Response:
    if request.mimetype == ARROW:
        with pa.ipc.open_stream(request.get_data()) as reader:
            table = reader.read_all()
        answer = pa.table({"prediction": MODELS[name].predict(table.to_pandas())})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, answer.schema) as writer:
            writer.write_table(answer)
        return Response(sink.getvalue().to_pybytes(), content_type=ARROW)
    return jsonify(predictions=MODELS[name].predict(np.array(request.get_json()["data"])).tolist())
