import json
import math
import subprocess
import sys

import pytest

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import json_format

SCHEMA = Schema(
    (
        Field("n", ColumnType.INT32),
        Field("x", ColumnType.FLOAT64, nullable=False),
        Field("c", ColumnType.CATEGORICAL, ("red", "blue")),
        Field("t", ColumnType.TIMESTAMP, zone="UTC"),
    )
)
GOOD = {"n": 1, "x": 2, "c": "red", "t": "2020-01-01T00:00:00Z"}


def read(document, schema=SCHEMA):
    return json_format.read(json.dumps(document).encode(), schema)


def problems(document, schema=SCHEMA):
    with pytest.raises(InvalidInput) as caught:
        read(document, schema)
    return caught.value.fields["problems"]


def test_the_three_forms_are_one_table():
    split = {"columns": ["c", "t", "x", "n"], "data": [["red", GOOD["t"], 2, 1]]}
    assert read([GOOD]) == read({"records": [GOOD]}) == read(split)


def test_numbers_become_each_other_where_nothing_is_lost():
    table = read([GOOD | {"n": 3.0, "x": 2**53}])
    assert table.to_values()["n"] == [3]
    assert table.to_values()["x"] == [float(2**53)]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("n", True, "int32"),
        ("n", 1.5, "int32"),
        ("n", "1", "int32"),
        ("n", 2**31, "int32"),
        ("x", False, "float64"),
        ("x", "1.0", "float64"),
        ("x", "nan", "float64"),
        ("x", None, "a value, not null"),
        ("x", [1], "float64"),
        ("c", "green", "one of the levels 'red', 'blue'"),
        ("c", 0, "one of the levels 'red', 'blue'"),
        ("c", ["red"], "one of the levels 'red', 'blue'"),
        ("t", "2020-01-01T00:00:00", "timestamp (ISO 8601 with offset)"),
        ("t", "0001-01-01T00:00:00+10:00", "timestamp (ISO 8601 with offset)"),
        ("t", 1577836800, "timestamp (ISO 8601 with offset)"),
        ("t", "2020-02-30T00:00:00Z", "timestamp (ISO 8601 with offset)"),
    ],
)
def test_a_value_that_does_not_fit_names_column_row_expected_and_got(column, value, expected):
    (problem,) = problems([GOOD, GOOD | {column: value}])
    assert (problem["column"], problem["row"], problem["expected"]) == (column, 1, expected)
    assert problem["got"] == ("null" if value is None else repr(value))


def test_missing_extra_and_wrong_are_said_at_once():
    found = problems([{"n": "a", "x": 1, "c": "red", "z": 0}, {"n": "b", "x": 1, "c": "red", "z": 0}])
    assert [(each["column"], each["row"]) for each in found] == [("t", None), ("z", None), ("n", 0), ("n", 1)]


def test_at_most_twenty_problems():
    assert len(problems([GOOD | {"n": "a", "x": "b"}] * 30)) == 20


def test_floats_that_are_not_numbers_are_texts_and_null_is_not_one():
    table = read([{"x": "NaN"}, {"x": "-Infinity"}, {"x": None}, {"x": 1e300}], None)
    values = table.to_values()["x"]
    assert math.isnan(values[0])
    assert values[1:] == [-math.inf, None, 1e300]
    assert json.loads(json_format.write(table))["data"] == [["NaN"], ["-Infinity"], [None], [1e300]]


def test_number_too_large_for_a_double_is_not_infinity():
    with pytest.raises(InvalidInput):
        json_format.read(b'{"columns":["x"],"data":[[1e400]]}', Schema((Field("x", ColumnType.FLOAT64),)))


def test_the_largest_integers_may_come_as_their_decimal_text():
    schema = Schema((Field("x", ColumnType.INT64),))
    texts = ["9007199254740993", "-9223372036854775808", "5"]
    assert read([{"x": text} for text in texts], schema).to_values()["x"] == [2**53 + 1, -(2**63), 5]
    for wrong in ("001", "1.0", "-0", " 1", "", "9223372036854775808"):
        (problem,) = problems([{"x": wrong}], schema)
        assert (problem["column"], problem["row"]) == ("x", 0)
    (problem,) = problems([{"x": "5"}], Schema((Field("x", ColumnType.INT32),)))
    assert problem["expected"] == "int32"


def test_types_without_a_schema():
    row = {"b": True, "i": 2**63 - 1, "f": 0.5, "s": "001", "d": "2020-01-01", "none": None}
    table = read([row, dict.fromkeys(row), row], None)
    assert [str(field.type) for field in table.schema.fields] == [
        "bool",
        "int64",
        "float64",
        "string",
        "string",
        "string",
    ]
    assert table.to_values()["i"] == [2**63 - 1, None, 2**63 - 1]


def test_a_column_of_two_types_needs_a_schema():
    (problem,) = problems([{"a": 1}, {"a": None}, {"a": "x"}], None)
    assert (problem["column"], problem["row"], problem["got"]) == ("a", 2, "'x'")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"columns":["a"],"data":[[NaN]]}', "NaN is not JSON"),
        (b'[{"a":1,"a":2}]', "The key 'a' is twice"),
        (b'{"columns":["a","a"],"data":[[1,2]]}', "Two columns have the name 'a'"),
        (b'{"columns":["a"],"data":[[1],[1,2]]}', "Row 1 is not a list of 1 values"),
        (b'{"columns":["a"],"data":[[1],{"a":1}]}', "Row 1 is not a list"),
        (b'{"columns":["a"],"data":3}', "not a list of rows"),
        (b'{"columns":[3],"data":[]}', "names or typed columns"),
        (b'[{"a":1},7]', "Row 1 is not an object"),
        (b'[{"a":1},{"b":1}]', "Row 1 has not the columns of row 0"),
        (b'[{"a":1},{"a":1,"b":1}]', "'b' is in one of them alone"),
        (b"3", "not a table"),
        (b'{"a":[1]}', "not a table"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'[{"a":"\\ud800"}]', "expected string"),
    ],
)
def test_what_is_not_a_table_says_why(body, says):
    with pytest.raises(InvalidInput, match=says):
        json_format.read(body)


def test_no_rows_and_no_columns():
    assert read([], SCHEMA).rows == 0
    assert read({"columns": [], "data": [[], []]}, None).rows == 2
    assert read([], None).schema.fields == ()


def test_json_alone_needs_no_arrow():
    """The web process answers JSON predictions without ever loading pyarrow, numpy or pandas."""
    code = (
        "import sys; from registry.tables import formats; import registry.runners.channel;"
        "formats.write('application/json', formats.read('application/json', b'[{\"a\": 1}]'));"
        "print(sorted({'pyarrow', 'numpy', 'pandas'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
