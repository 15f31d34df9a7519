"""Columns as a model takes them."""

import pandas as pd
import pytest
from weles.errors import InvalidInput
from weles.frames import FrameTable
from weles.prepare import csv_body, places, prepared
from weles.tables import from_values

INPUTS = [{"name": "sepal_length", "type": "float64"}, {"name": "Petal.Width", "type": "float64"}]
NAMES = [field["name"] for field in INPUTS]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["Petal.Width", "x", "sepal_length"], [2, 0]),
        (["petal width", "Sepal.Length"], [1, 0]),
        (["petal_width", "Petal.Width", "SEPAL LENGTH"], [2, 1]),
        (["a", "b"], [0, 1]),
    ],
)
def test_by_name_then_by_its_letters_then_by_place(given, expected):
    assert places(given, NAMES) == expected


def test_what_cannot_be_found_is_named():
    with pytest.raises(InvalidInput, match=r"none that could be 'sepal_length'") as refused:
        places(["Petal.Width", "b", "c"], NAMES)
    assert [problem["column"] for problem in refused.value.problems] == ["sepal_length"]


@pytest.mark.parametrize("given", [["Petal.Width", "b"], ["b", "SEPAL LENGTH"], ["sepal_length", "Sepal Length"]])
def test_by_place_only_where_no_name_is_known(given):
    """A column that is there by name never becomes another one."""
    with pytest.raises(InvalidInput, match="none that could be"):
        places(given, NAMES)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "latin.csv").write_bytes("sepal_length,Petal.Width\n1,\xfc\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match="UTF-8") as refused:
        csv_body(tmp_path / "latin.csv", INPUTS)
    assert "UTF-8" in refused.value.next


def test_one_column_is_not_taken_for_two():
    with pytest.raises(InvalidInput):
        places(["a.b", "x", "y"], ["a_b", "ab"])


def test_tables_frames_and_files_keep_their_values(tmp_path):
    values = {"other": ["x"], "petal width": [0.25], "Sepal Length": [5.0]}
    table = prepared(from_values(values), INPUTS)
    assert table.document() == {"columns": [{**field} for field in INPUTS], "data": [[5.0, 0.25]]}
    frame = pd.DataFrame(values, index=["row"])
    made = prepared(FrameTable(frame), INPUTS)
    assert made.document() == table.document()
    assert list(made.frame.index) == ["row"]
    file = tmp_path / "data.csv"
    frame.to_csv(file, index=False)
    assert csv_body(file, INPUTS).read().decode() == "sepal_length,Petal.Width\n5.0,0.25\n"
