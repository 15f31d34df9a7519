import io
import json

import numpy as np
import pytest
from weles.errors import InvalidInput, UnexpectedAnswer
from weles.tables import from_document, from_records, from_rows, from_values, to_records


def test_records_and_columns_give_the_same_table():
    records = [{"a": 1, "b": "x"}, {"b": None, "a": 2}]
    assert from_records(records).document() == from_values({"a": [1, 2], "b": ["x", None]}).document()
    assert to_records(from_records(records)) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


def test_rows_of_an_array_take_the_names_given():
    table = from_rows(np.array([[1.5, 2.0], [3.0, float("nan")]]), ["a", "b"])
    assert table.document() == {
        "columns": [{"name": "a", "type": "float64"}, {"name": "b", "type": "float64"}],
        "data": [[1.5, 2.0], [3.0, "NaN"]],
    }


def test_written_json_is_strict_and_may_name_columns_only():
    file = io.BytesIO()
    from_values({"a": [1, 2**63 - 1], "b": [float("inf"), 0.1]}).write_json(file, typed=False)

    def no_constant(text):
        raise AssertionError(text)

    assert json.loads(file.getvalue(), parse_constant=no_constant) == {
        "columns": ["a", "b"],
        "data": [[1, "Infinity"], [2**63 - 1, 0.1]],
    }


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: from_records([]), "no rows"),
        (lambda: from_records([{"a": 1}, {"b": 1}]), "'a'"),
        (lambda: from_records([{"a": 1}, {"a": 1, "b": 2}]), "'b'"),
        (lambda: from_records([{"a": 1}, [1]]), "Row 1"),
        (lambda: from_values({}), "no columns"),
        (lambda: from_values({"a": 1}), "'a'"),
        (lambda: from_values({"a": "text"}), "'a'"),
        (lambda: from_values({"a": [1], "b": [1, 2]}), "unlike lengths"),
        (lambda: from_rows([[1, 2], [1]], ["a", "b"]), "Row 1"),
        (lambda: from_values({"a": ["\ud800"]}).write_json(io.BytesIO()), "Unicode"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(make, says):
    with pytest.raises(InvalidInput, match=says) as caught:
        make()
    assert caught.value.next


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"columns": [{"name": "a"}], "data": []},
        {"columns": "x", "data": [[]]},
        {"columns": [{"name": "a", "type": "bool"}], "data": [[]]},
    ],
)
def test_an_answer_of_another_form_is_the_lakes_fault(document):
    with pytest.raises(UnexpectedAnswer):
        from_document(document)
