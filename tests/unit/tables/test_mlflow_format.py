"""The forms of MLflow's scoring protocol, and what is refused."""

import json
from typing import Any

import pytest

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import mlflow_format
from registry.tables.table import Table
from tests.unit.tables.inference_requests import COLUMNS, SCHEMA

ROWS: list[list[Any]] = [[1.5, 1, "b", "001", True], [2.5, 2**60 + 1, "a", None, False]]
RECORDS = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": COLUMNS, "data": ROWS, "index": [0, 1]}},
        {"dataframe_split": {"columns": COLUMNS[::-1], "data": [row[::-1] for row in ROWS]}},
        {"dataframe_split": {"columns": [0, 1, 2, 3, 4], "data": ROWS}},
        {"dataframe_split": {"data": ROWS}},
        {"dataframe_records": RECORDS},
        {"instances": ROWS},
        {"instances": RECORDS},
        {"inputs": ROWS},
        {"inputs": RECORDS},
        {"inputs": {name: [row[index] for row in ROWS] for index, name in enumerate(COLUMNS)}},
        {"inputs": {name: [[row[index]] for row in ROWS] for index, name in enumerate(COLUMNS)}},
    ],
)
def test_the_forms_of_mlflow(body: dict[str, Any]) -> None:
    scoring = mlflow_format.parse(json.dumps({**body, "params": {"mode": "prob"}}).encode())
    assert scoring.params == {"mode": "prob"}
    expected = {name: [row[index] for row in ROWS] for index, name in enumerate(COLUMNS)}
    assert mlflow_format.table(scoring, SCHEMA).to_values() == expected


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ({}, InvalidRequest, "none of dataframe_split"),
        ({"inputs": ROWS, "instances": ROWS}, InvalidRequest, "instances, inputs of"),
        ({"instances": ROWS, "params": [1]}, InvalidRequest, "`params` is an object"),
        ({"instances": [[1.5]]}, InvalidInput, "Row 0 is not a list of 5 values"),
        ({"instances": "x"}, InvalidInput, "not a list"),
        ({"dataframe_split": [1]}, InvalidInput, "dataframe_split"),
        ({"inputs": {"size": [1, 2], "count": [1]}}, InvalidInput, "Column 'count' has 1 values"),
        ({"dataframe_records": [{**RECORDS[0], "extra": 1}]}, InvalidInput, "extra"),
    ],
)
def test_what_mlflow_does_not_send(body: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        mlflow_format.table(mlflow_format.parse(json.dumps(body).encode()), SCHEMA)


def test_what_pandas_has_no_value_for_is_null() -> None:
    rows = [[float("nan"), 1, "b", None, True], [float("inf"), 1, "b", "x", True]]
    scoring = mlflow_format.parse(json.dumps({"dataframe_split": {"columns": COLUMNS, "data": rows}}).encode())
    values = mlflow_format.table(scoring, SCHEMA).to_values()
    assert (values["size"], values["label"]) == ([None, float("inf")], [None, "x"])


def test_a_model_of_one_column_takes_values_alone() -> None:
    scoring = mlflow_format.parse(b'{"inputs": [1.5, 2]}')
    assert mlflow_format.table(scoring, SCHEMA.select(["size"])).to_values() == {"size": [1.5, 2.0]}


def test_predictions_are_values_or_records() -> None:
    one = Table.from_values(
        Schema((Field("prediction", ColumnType.FLOAT64),)), {"prediction": [1.5, float("nan"), None]}
    )
    assert json.loads(mlflow_format.write(one)) == {"predictions": [1.5, None, None]}
    two = Table.from_values(
        Schema((Field("a", ColumnType.FLOAT64), Field("b", ColumnType.FLOAT64))), {"a": [0.25], "b": [0.75]}
    )
    assert json.loads(mlflow_format.write(two)) == {"predictions": [{"a": 0.25, "b": 0.75}]}
