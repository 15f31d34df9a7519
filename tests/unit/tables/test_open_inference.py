"""What the Open Inference Protocol's codec refuses, and that it names the input."""

import json
from typing import Any

import pytest

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.tables import open_inference
from tests.unit.tables.inference_requests import SCHEMA, request


@pytest.mark.parametrize(
    ("changes", "column", "said"),
    [
        ({"size": {"shape": [3]}}, "size", "3 elements"),
        ({"size": {"shape": [2, 2], "data": [[1, 2], [3]]}}, "size", "2 elements in list 1 of dimension 1"),
        ({"size": {"shape": [2, 1], "data": [[1.0], 2.0]}}, "size", "1 elements in list 1"),
        ({"size": {"shape": [1, 2]}}, "size", "shape [1, 2]"),
        ({"size": {"shape": "2"}}, "size", "shape '2'"),
        ({"size": {"shape": [-1]}}, "size", "shape [-1]"),
        ({"size": {"datatype": "BYTES", "data": ["1", "2"]}}, "size", "got datatype BYTES"),
        ({"size": {"datatype": "FP128"}}, "size", "datatype 'FP128'"),
        ({"size": {"data": [1.5, "x"]}}, "size", "row 1: expected float64, got 'x'"),
        ({"count": {"data": [1, 1.5]}}, "count", "row 1: expected datatype INT64, got 1.5"),
        ({"count": {"datatype": "INT8", "data": [1, 300]}}, "count", "row 1: expected datatype INT8, got 300"),
        ({"count": {"datatype": "FP64", "data": [1.0, 1.5]}}, "count", "row 1: expected int64, got 1.5"),
        ({"open": {"data": [1, 2]}}, "open", "row 1: expected datatype BOOL, got 2"),
        ({"kind": {"data": ["a", "c"]}}, "kind", "row 1: expected one of the levels 'a', 'b', got 'c'"),
        ({"kind": {"datatype": "INT32", "data": [0, 1]}}, "kind", 'codes with the parameter "type"'),
        (
            {"kind": {"datatype": "INT32", "data": [0, 2], "parameters": {"type": "categorical"}}},
            "kind",
            "row 1: expected one of the levels",
        ),
        (
            {"kind": {"datatype": "INT32", "parameters": {"type": "categorical", "levels": "{"}, "data": [0, 0]}},
            "kind",
            "JSON list",
        ),
        ({"label": {"parameters": {"nulls": "2"}}}, "label", "rows below 2"),
        ({"label": None}, "label", "got no such column"),
        ({"label": {"name": "lable"}}, "label", "got no such column"),
        ({"label": {"name": "size"}}, "size", "Two inputs have the name 'size'"),
        ({"label": {"parameters": {"binary_data_size": 5}}}, "label", "`binary_data_size` 5; 0 bytes are left"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], column: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_inference.table(open_inference.read(json.dumps(request(**changes)).encode()), SCHEMA)
    assert said in caught.value.detail
    assert caught.value.fields["problems"][0]["column"] == column


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "The text is not JSON"),
        (b"[]", "no list `inputs`"),
        (b'{"inputs": [3]}', "An input is an object"),
        (b'{"inputs": [], "id": 3}', "`id` is a text"),
        (b'{"inputs": [], "outputs": "prediction"}', "`outputs` is a list"),
        (b'{"inputs": [], "parameters": []}', "`parameters` of the request"),
        (b'{"inputs": [], "outputs": [{"name": "x", "parameters": {"classification": 3}}]}', "`classification`"),
    ],
)
def test_what_is_no_request(body: bytes, said: str) -> None:
    with pytest.raises((InvalidRequest, InvalidInput), match=said):
        open_inference.read(body)


def test_a_matrix_of_the_wrong_width_names_the_columns() -> None:
    wide = {"inputs": [{"name": "input-0", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]}]}
    with pytest.raises(InvalidInput) as caught:
        open_inference.table(open_inference.read(json.dumps(wide).encode()), SCHEMA)
    assert "the model has 5 columns" in caught.value.detail
    assert "size, count, kind" in caught.value.fields["problems"][0]["expected"]


def test_whole_floats_are_what_the_standards_own_client_makes_of_integers_and_truth() -> None:
    sent = request(count={"data": [1.0, 2.0]}, open={"data": [1.0, 0.0]})
    table = open_inference.table(open_inference.read(json.dumps(sent).encode()), SCHEMA)
    assert (table.to_values()["count"], table.to_values()["open"]) == ([1, 2], [True, False])
