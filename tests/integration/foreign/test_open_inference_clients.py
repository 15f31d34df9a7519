"""Triton's and the standard's own client, as people install them, against real models in real containers."""

import json
from typing import Any

import numpy as np
import pytest

from tests.integration.foreign.conftest import Ask
from tests.integration.lake import Lake
from tests.integration.test_r_upload_and_predict import COLUMNS, Creator

pytestmark = pytest.mark.docker

DATATYPES = {"size": "FP64", "count": "INT64", "colour": "BYTES", "label": "BYTES", "open": "BOOL"}


def columns(rows: Any, binary: bool) -> list[dict[str, Any]]:
    """One input per column; the missing size is NaN in binary, where FP64 has no null."""
    return [
        {"name": name, "datatype": kind, "values": rows[name].tolist(), "binary": binary}
        for name, kind in DATATYPES.items()
    ]


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_tritonclient_and_every_datatype(open_lake: Lake, ask: Ask, paint: dict[str, Any], binary: bool) -> None:
    rows = paint["rows"].dropna().head(4)
    outputs = [{"name": "prediction", "binary": binary}, {"name": "prob", "binary": binary}]
    got = ask("triton", open_lake, "paint", inputs=columns(rows, binary), outputs=outputs, id="q-1")
    assert "error" not in got, got["error"]
    assert (got["live"], got["ready"], got["model_ready"], got["id"], got["version"]) == (True, True, True, "q-1", "1")
    assert got["server"]["extensions"] == ["binary_tensor_data"]
    assert [(each["name"], each["datatype"]) for each in got["metadata"]["inputs"]] == [*DATATYPES.items()]
    # It was uploaded without golden rows: what it answers was seen when it was made ready.
    described = [(each["name"], each["datatype"], each["shape"]) for each in got["metadata"]["outputs"]]
    assert described == [("prediction", "BYTES", [-1]), ("prob", "FP64", [-1, 2])]
    assert got["outputs"]["prediction"]["values"] == paint["model"].predict(rows).tolist()
    prob = got["outputs"]["prob"]
    assert json.loads(prob["parameters"]["classes"]) == ["no", "yes"]
    expected = paint["model"].predict_proba(rows)
    np.testing.assert_allclose(np.reshape(prob["values"], prob["shape"]), expected, rtol=1e-9)


def test_tritonclient_and_what_is_missing(open_lake: Lake, ask: Ask, paint: dict[str, Any]) -> None:
    """A null by the agreed parameter, and a category by its code."""
    rows = paint["rows"].head(6)
    inputs = columns(rows.fillna({"size": 0.0}), binary=True)
    inputs[0]["parameters"] = {"nulls": "1"}
    codes = rows["colour"].cat.codes.tolist()
    inputs[2] |= {"datatype": "INT8", "values": codes, "parameters": {"type": "categorical"}}
    got = ask("triton", open_lake, "paint", inputs=inputs)
    assert got["outputs"]["prediction"]["values"] == paint["model"].predict(rows).tolist()


@pytest.mark.parametrize("datatype", ["FP64", "FP32"])
def test_tritonclient_and_one_tensor_of_all_columns(
    open_lake: Lake, ask: Ask, iris: dict[str, Any], datatype: str
) -> None:
    rows = iris["rows"]
    whole = [{"name": "input-0", "datatype": datatype, "values": rows.to_numpy().tolist()}]
    got = ask("triton", open_lake, "iris", inputs=whole, version="1")
    assert got["outputs"]["prediction"]["values"] == iris["model"].predict(rows).tolist()


def test_tritonclient_understands_an_error(open_lake: Lake, ask: Ask, iris: dict[str, Any]) -> None:
    whole = [{"name": "input-0", "datatype": "FP64", "values": [[1.0, 2.0]]}]
    got = ask("triton", open_lake, "iris", inputs=whole)
    assert got["error"]["status"] == "400"
    assert got["error"]["message"] == "Input 'input-0' has shape [1, 2]; the model has 4 columns."


def test_tritonclient_and_an_r_model(open_lake: Lake, ask: Ask, tree: Creator) -> None:
    rows = tree.rows
    inputs = [
        {"name": name, "datatype": "FP64", "values": [row[index] for row in rows]} for index, name in enumerate(COLUMNS)
    ]
    got = ask("triton", open_lake, "tree", inputs=inputs, outputs=[{"name": "prediction"}, {"name": "prob"}])
    prob, prediction = got["outputs"]["prob"], got["outputs"]["prediction"]
    assert json.loads(prob["parameters"]["classes"]) == tree.columns
    np.testing.assert_allclose(np.reshape(prob["values"], prob["shape"]), tree.prob, atol=1e-9)
    assert prediction["values"] == [tree.columns[int(np.argmax(row))] for row in tree.prob]
    assert json.loads(prediction["parameters"]["levels"]) == tree.columns


def test_the_standards_own_client(open_lake: Lake, ask: Ask, paint: dict[str, Any]) -> None:
    rows = paint["rows"].head(3)
    inputs = [
        {"name": name, "datatype": kind, "shape": [3], "data": rows[name].tolist()} for name, kind in DATATYPES.items()
    ]
    # Its types allow no null in the data.
    inputs[0] |= {"data": [1.5, 0.0, 3.5], "parameters": {"nulls": "1"}}
    inputs[1] |= {"shape": [3, 1], "data": [[value] for value in inputs[1]["data"]]}
    request = {"id": "q-2", "inputs": inputs, "outputs": [{"name": "prob"}, {"name": "prediction"}]}
    wrong = {"inputs": [{**inputs[0], "datatype": "BYTES", "data": ["x", "y", "z"]}, *inputs[1:]]}
    got = ask("open_inference", open_lake, "paint", request=request, wrong=wrong)
    assert got["server"]["name"] == "weles"
    assert got["metadata"] == got["version_metadata"]
    assert got["metadata"]["versions"] == ["1"]
    assert got["inference"] == got["version_inference"]
    assert got["inference"]["id"] == "q-2"
    prob, prediction = got["inference"]["outputs"]
    np.testing.assert_allclose(np.reshape(prob["data"], (3, 2)), paint["model"].predict_proba(rows), rtol=1e-9)
    assert prediction["data"] == paint["model"].predict(rows).tolist()
    assert "expected datatype BOOL or" not in got["bad_request"]["error"]
    assert "'size'" in got["bad_request"]["error"]
    assert got["not_found"]["error"] == "There is no model 'no-such-model'."
