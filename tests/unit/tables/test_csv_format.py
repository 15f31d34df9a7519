import io
from datetime import date, datetime

import pytest

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import csv_format


def inferred(*cells):
    table = csv_format.read(("x,y\n" + "".join(f"{cell},\n" for cell in cells)).encode())
    return str(table.schema.fields[0].type), table.to_values()["x"]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "", "-20"], "int64", [1, None, -20]),
        (["001", "1"], "string", ["001", "1"]),
        (["9223372036854775807"], "int64", [2**63 - 1]),
        (["9223372036854775808"], "string", ["9223372036854775808"]),
        (["1", "2.5", "1e3"], "float64", [1.0, 2.5, 1000.0]),
        (["0.5", "00.5"], "string", ["0.5", "00.5"]),
        (["1.0", "-Infinity"], "float64", [1.0, float("-inf")]),
        (["1e999"], "string", ["1e999"]),
        (["true", "FALSE"], "bool", [True, False]),
        (["2020-02-29"], "date", [date(2020, 2, 29)]),
        (["2021-02-29"], "string", ["2021-02-29"]),
        (["2020-02-29T01:02:03"], "timestamp", [datetime(2020, 2, 29, 1, 2, 3)]),
        (["2020-02-29 01:02", "2020-02-29T01:02:03Z"], "string", ["2020-02-29 01:02", "2020-02-29T01:02:03Z"]),
        (["1", '""'], "string", ["1", ""]),
        (["", ""], "string", [None, None]),
        ([" 1"], "string", [" 1"]),
        (["0x10"], "string", ["0x10"]),
        (["NA"], "string", ["NA"]),
    ],
)
def test_types_without_a_schema(cells, kind, values):
    assert inferred(*cells) == (kind, values)


def test_offsets_give_the_zone_utc():
    table = csv_format.read(b"t\n2020-01-01T00:00:00+02:00\n")
    assert table.schema.fields[0].zone == "UTC"
    assert csv_format.write(table) == b"t\n2019-12-31T22:00:00Z\n"


def test_null_and_the_empty_text_are_two_things():
    table = csv_format.read(b'a,b\n,1\n"",2\n')
    assert table.to_values()["a"] == [None, ""]
    assert csv_format.write(table) == b'a,b\n,1\n"",2\n'


def test_a_single_column_keeps_its_nulls():
    table = csv_format.read(b"a\n1\n\n3\n")
    assert table.to_values()["a"] == [1, None, 3]


def test_values_of_a_schema():
    schema = Schema((Field("i", ColumnType.INT32), Field("f", ColumnType.FLOAT64), Field("b", ColumnType.BOOL)))
    table = csv_format.read(io.BytesIO(b"\xef\xbb\xbff,b,i\r\n1,True,+3.0\r\nnan,false,007\r\n"), schema)
    values = table.to_values()
    assert values["i"] == [3, 7]
    assert values["f"][0] == 1.0
    assert values["b"] == [True, False]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (ColumnType.INT32, "2147483648"),
        (ColumnType.INT32, "1.5"),
        (ColumnType.INT32, "0x10"),
        (ColumnType.INT64, " 1"),
        (ColumnType.INT64, "9" * 5000),
        (ColumnType.FLOAT64, "1e999"),
        (ColumnType.FLOAT64, "1_0"),
        (ColumnType.FLOAT64, "NA"),
        (ColumnType.BOOL, "1"),
        (ColumnType.DATE, "20200101"),
        (ColumnType.DATE, "2020-W01-1"),
        (ColumnType.TIMESTAMP, "2020-01-01T00:00:00Z"),
    ],
)
def test_a_cell_that_does_not_fit_names_column_and_row(kind, cell):
    with pytest.raises(InvalidInput) as caught:
        csv_format.read(f"a,b\n,\n{cell},\n".encode(), Schema((Field("a", kind), Field("b", ColumnType.STRING))))
    (problem,) = caught.value.fields["problems"]
    assert (problem["column"], problem["row"]) == ("a", 1)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no header line"),
        (b"a,a\n1,2\n", "'a' as a name twice"),
        (b"a,\n1,2\n", "'' as a name"),
        (b"a,b\n1,2\n1,2,3\n", "In row 1: expected 2 columns, as in the header, got 3"),
        (b'"a\nb",c\n1,2\n1\n', "In row 1: expected 2 columns"),
        (b"a\n\xff\n", "not CSV in UTF-8"),
        (b"\xff\n1\n", "not CSV in UTF-8"),
        (b"a\n" + b"1\n" * 9000 + b"\xff\n", "not CSV in UTF-8"),
    ],
)
def test_what_is_not_csv_says_why(body, says):
    with pytest.raises(InvalidInput, match=says):
        csv_format.read(body)


def test_a_line_of_any_length():
    text = "x" * 3_000_000
    assert csv_format.read(f'a,b\n1,"{text}"\n2,y\n'.encode()).to_values()["b"] == [text, "y"]
