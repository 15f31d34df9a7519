import json
import math
from typing import Any

import pytest

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.schema import ColumnType, Field, Schema
from registry.services.golden import GoldenRows, differences, same
from registry.tables.table import Table

INPUTS = Schema((Field("x", ColumnType.FLOAT64),))


def _table(type_: ColumnType, values: list[Any], name: str = "prediction") -> Table:
    schema = Schema((Field(name, type_),))
    return Table.from_values(schema, {name: values})


def _document(**changes: Any) -> bytes:
    parts = {
        "rows": {"columns": ["x"], "data": [[1.0], [2.0]]},
        "exact": {"columns": [{"name": "prediction", "type": "string"}], "data": [["a"], ["b"]]},
        "prob": None,
    }
    return json.dumps({**parts, **changes}).encode()


def test_golden_rows_are_read_by_the_models_schema() -> None:
    golden = GoldenRows.parse(_document(), INPUTS)
    assert golden.rows.schema == INPUTS
    assert golden.rows.to_values() == {"x": [1.0, 2.0]}
    assert {mode: table.to_values() for mode, table in golden.answers.items()} == {"exact": {"prediction": ["a", "b"]}}


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b"\xff", _document(rows=None), _document(exact={"columns": 1})]
)
def test_what_is_no_golden_document(document: bytes) -> None:
    with pytest.raises((InvalidRequest, InvalidInput)):
        GoldenRows.parse(document, INPUTS)


def test_as_many_answers_as_rows() -> None:
    with pytest.raises(InvalidRequest, match="as many predictions as rows"):
        GoldenRows.parse(_document(rows={"columns": ["x"], "data": [[1.0]]}), INPUTS)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1.0, 1.0 + 1e-13, True),
        (1.0, 1.000001, False),
        (1, 1.0, True),
        (math.nan, math.nan, True),
        (math.nan, 0.0, False),
        (None, math.nan, False),
        (None, None, True),
        (True, 1, True),
        ("1", 1, False),
        (2**53, 2**53 + 1, False),
    ],
)
def test_same(a: object, b: object, equal: bool) -> None:
    assert same(a, b) is equal


def test_differences_name_row_and_column() -> None:
    found = differences(_table(ColumnType.STRING, ["a", "b"]), _table(ColumnType.STRING, ["a", "c"]))
    assert found == [{"row": 1, "column": "prediction", "expected": "b", "got": "c"}]


def test_another_shape_is_a_difference() -> None:
    assert len(differences(_table(ColumnType.INT64, [1]), _table(ColumnType.INT64, [1, 2]))) == 1
    assert len(differences(_table(ColumnType.INT64, [1]), _table(ColumnType.INT64, [1], name="other"))) == 1
