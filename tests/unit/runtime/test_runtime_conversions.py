"""A wire table → DataFrame, array, rows; and every kind of prediction → typed columns."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import frame
from registry.tables.table import Table


@pytest.fixture
def modules():
    from weles_runtime import answers, frames, inputs

    return answers, frames, inputs


SCHEMA = Schema(
    (
        Field("b", ColumnType.BOOL),
        Field("i", ColumnType.INT32),
        Field("f", ColumnType.FLOAT64),
        Field("s", ColumnType.STRING),
        Field("c", ColumnType.CATEGORICAL, ("lo", "hi"), ordered=True),
        Field("d", ColumnType.DATE),
        Field("t", ColumnType.TIMESTAMP),
        Field("z", ColumnType.TIMESTAMP, zone="Europe/Warsaw"),
    )
)
VALUES = {
    "b": [True, False],
    "i": [1, 2],
    "f": [0.5, float("inf")],
    "s": ["001", ""],
    "c": ["hi", "lo"],
    "d": [date(2020, 1, 1), date(1600, 1, 1)],
    "t": [datetime(2020, 1, 1, 12), datetime(2021, 1, 1, 0, 0, 0, 7)],
    "z": [datetime(2020, 1, 1, 12, tzinfo=UTC), datetime(2020, 7, 1, 12, tzinfo=UTC)],
}


def wire(frames, schema, values):
    parts = frame.encode({}, Table.from_values(schema, values))
    raw = b"".join(parts)
    header_bytes, _ = frame.read_prefix(raw[:12])
    return frames.decode(raw[12 : 12 + header_bytes], raw[12 + header_bytes :])[1]


def test_a_dataframe_has_the_types_of_a_session(modules):
    _, frames, inputs = modules
    made = inputs.to_dataframe(wire(frames, SCHEMA, VALUES), pd)
    expected = pd.DataFrame(
        {
            **VALUES,
            "i": np.array([1, 2], "int32"),
            "c": pd.Categorical(["hi", "lo"], ["lo", "hi"], ordered=True),
            "d": np.array(VALUES["d"], dtype=object),
            "z": pd.Series(VALUES["z"]).dt.tz_convert("Europe/Warsaw"),
        }
    )
    pd.testing.assert_frame_equal(made, expected)


def test_nulls_are_what_pandas_reads_from_a_file(modules):
    _, frames, inputs = modules
    made = inputs.to_dataframe(wire(frames, SCHEMA, {name: [each[0], None] for name, each in VALUES.items()}), pd)
    assert made.isna().to_numpy().tolist() == [[False] * 8, [True] * 8]
    assert made["i"].dtype == made["f"].dtype == "float64"
    assert made["b"].tolist()[0] is True
    assert made["c"].cat.categories.tolist() == ["lo", "hi"]


def test_only_nulls_and_no_rows(modules):
    _, frames, inputs = modules
    assert inputs.to_dataframe(wire(frames, SCHEMA, {name: [None] for name in VALUES}), pd).isna().to_numpy().all()
    empty = inputs.to_dataframe(wire(frames, SCHEMA, {name: [] for name in VALUES}), pd)
    assert list(empty.columns) == list(SCHEMA.names)
    assert len(empty) == 0
    assert empty["t"].dtype.kind == "M"


def test_times_beyond_nanoseconds(modules):
    _, frames, inputs = modules
    schema = SCHEMA.select(["t"])
    made = inputs.to_dataframe(wire(frames, schema, {"t": [datetime(9999, 1, 1)]}), pd)
    assert made["t"].iloc[0].year == 9999


def test_an_array_of_numbers_is_float_and_any_other_object(modules):
    _, frames, inputs = modules
    numbers = SCHEMA.select(["b", "i", "f"])
    made = inputs.to_array(wire(frames, numbers, {"b": [True, None], "i": [2**31 - 1, None], "f": [0.5, 1]}), np)
    assert made.dtype == np.float64
    assert np.array_equal(made, [[1.0, 2**31 - 1, 0.5], [np.nan, np.nan, 1.0]], equal_nan=True)
    mixed = inputs.to_array(wire(frames, SCHEMA.select(["i", "s"]), {"i": [1, 2], "s": ["001", ""]}), np)
    assert mixed.tolist() == [[1, "001"], [2, ""]]


def test_rows_need_no_package(modules):
    _, frames, inputs = modules
    made = inputs.to_rows(wire(frames, SCHEMA, VALUES))
    assert made == [list(row) for row in zip(*VALUES.values(), strict=True)]


def lake(frames, table):
    raw = b"".join(bytes(part) for part in frames.encode({}, table))
    header_bytes, body_bytes = frame.read_prefix(raw[:12])
    assert len(raw) == 12 + header_bytes + body_bytes
    return frame.decode(raw[12 : 12 + header_bytes], raw[12 + header_bytes :])[1]


@pytest.mark.parametrize(
    ("given", "kind", "values"),
    [
        (np.array([1, 2], "int8"), "int32", [1, 2]),
        (np.array([1, 2], "uint16"), "int32", [1, 2]),
        (np.array([1, 2], "uint32"), "int64", [1, 2]),
        (np.array([1, 2], "uint64"), "int64", [1, 2]),
        (np.array([1, 2], ">i4"), "int32", [1, 2]),
        (np.arange(6)[::3], "int64", [0, 3]),
        (np.array([0.5, np.nan], "float32"), "float64", [0.5, float("nan")]),
        (np.array([True, False]), "bool", [True, False]),
        (np.array(["a", "żó"]), "string", ["a", "żó"]),
        (np.array([b"a", b"b"]), "string", ["b'a'", "b'b'"]),
        (np.array(["a", None], object), "string", ["a", None]),
        (np.array(["a", np.nan], object), "string", ["a", None]),
        (np.array([np.int64(3), np.int64(4)], object), "int64", [3, 4]),
        (np.array([True, None], object), "bool", [True, None]),
        (np.array([True, np.nan], object), "bool", [True, None]),
        (np.array([7, np.nan], object), "float64", [7.0, float("nan")]),
        (np.array([1, 2.5], object), "float64", [1.0, 2.5]),
        (np.array(["2020-01-01", "NaT"], "datetime64[ns]"), "timestamp", [datetime(2020, 1, 1), None]),
        (np.array([[1.0], [2.0]]), "float64", [1.0, 2.0]),
        (pd.Series([1, None], dtype="Int64"), "int64", [1, None]),
        (pd.Series(["x", None]), "string", ["x", None]),
        (pd.Series(pd.Categorical(["x", None])), "categorical", ["x", None]),
        (pd.Categorical(["x", "y"]), "categorical", ["x", "y"]),
        (pd.Series(pd.Categorical([7, 8])), "int64", [7, 8]),
        (
            pd.Series(pd.to_datetime(["2020-01-01T02:00+02:00"] * 2)),
            "timestamp",
            [datetime(2020, 1, 1, tzinfo=UTC)] * 2,
        ),
        (pd.DataFrame({"only": [1, 2]}), "int64", [1, 2]),
        ([1, 2], "int64", [1, 2]),
        ((0.5, 1), "float64", [0.5, 1.0]),
        ([date(2020, 1, 1), None], "date", [date(2020, 1, 1), None]),
        ([datetime(2020, 1, 1, tzinfo=UTC), None], "timestamp", [datetime(2020, 1, 1, tzinfo=UTC), None]),
        ([1, "a"], "string", ["1", "a"]),
        ([None, None], "string", [None, None]),
        (["\ud800", "b"], "string", ["?", "b"]),
    ],
)
def test_a_prediction_of_any_kind_is_a_typed_column(modules, given, kind, values):
    answers, frames, _ = modules
    table = lake(frames, answers.exact(given, 2))
    (column,) = table.columns
    assert (column.field.name, str(column.field.type)) == ("prediction", kind)
    assert [None if value != value else value for value in column.to_values()] == [
        None if value != value else value for value in values
    ]
    if kind == "float64":
        assert column.validity is None


def test_levels_order_and_zone_of_a_prediction_are_kept(modules):
    answers, frames, _ = modules
    kind = pd.CategoricalDtype(["lo", "hi", "never"], ordered=True)
    given = pd.DataFrame(
        {
            "level": pd.Series(["hi", None], dtype=kind),
            "moment": pd.Series(pd.to_datetime(["2024-07-15 12:00", None])).dt.tz_localize("Europe/Warsaw"),
            "offset": pd.Series(pd.to_datetime(["2024-07-15T12:00+02:00"] * 2)),
        }
    )
    level, moment, offset = lake(frames, answers.exact(given, 2)).columns
    assert (level.field.levels, level.field.ordered) == (("lo", "hi", "never"), True)
    assert level.to_values() == ["hi", None]
    assert moment.field.zone == "Europe/Warsaw"
    assert moment.to_values() == [datetime(2024, 7, 15, 10, tzinfo=UTC), None]
    assert offset.field.zone == "UTC"


def test_several_columns(modules):
    answers, frames, _ = modules
    assert lake(frames, answers.exact(np.array([[1, 2], [3, 4]]), 2)).to_values() == {
        "prediction_0": [1, 3], "prediction_1": [2, 4],
    }  # fmt: skip
    assert lake(frames, answers.exact([(1, "a"), (2, "b")], 2)).to_values() == {
        "prediction_0": [1, 2], "prediction_1": ["a", "b"],
    }  # fmt: skip
    assert answers.exact(pd.DataFrame({"p": [1], "q": ["x"]}), 1).columns[1].field["name"] == "q"


@pytest.mark.parametrize("given", [np.zeros((2, 2, 2)), 5, None, [1, 2, 3], np.zeros(3), [[1, 2], [3]], [2**63, 0]])
def test_what_is_no_prediction_is_said(modules, given):
    from weles_runtime.errors import NotAPrediction

    with pytest.raises(NotAPrediction):
        modules[0].exact(given, 2)


def test_class_labels_are_text(modules):
    answers, _, _ = modules
    assert answers.labels_of(np.array([False, True]), 2) == ["False", "True"]
    assert answers.labels_of(np.array([1.0, 2.5]), 2) == ["1.0", "2.5"]
    assert answers.labels_of(None, 2) == answers.labels_of(["a"], 2) == answers.labels_of(["1", 1], 2) == ["0", "1"]
