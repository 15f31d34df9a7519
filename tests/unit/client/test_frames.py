import datetime as dt
import io
import json
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal
from weles import frames
from weles.errors import InvalidInput
from weles.frames import FrameTable
from weles.tables import from_document


def _through(frame):
    file = io.BytesIO()
    FrameTable(frame).write_json(file)
    table = from_document(json.loads(file.getvalue()))
    return frames.to_frame(table.fields, table.columns(0, table.rows))


def _zoned(zone):
    return pd.DatetimeIndex(["2020-07-01T01:02:03.000004", "1950-01-01", None]).as_unit("us").tz_localize(zone)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([True, False, True]),
        pd.array([True, None, False], dtype="boolean"),
        np.array([1, -2, 3], dtype="int32"),
        pd.array([1, None, 3], dtype="Int32"),
        np.array([2**62 + 1, -(2**63), 2**63 - 1]),
        pd.array([2**62 + 1, None, -5], dtype="Int64"),
        [1.5, np.nan, np.inf],
        ["001", None, "zażółć"],
        pd.Categorical(["a", None, "b"], ["b", "a", "never"], ordered=True),
        pd.Categorical(["a", "a", "b"]),
        pd.Series([dt.date(2020, 1, 1), None, dt.date(1, 1, 1)], dtype=object),
        np.array(["2020-01-01T01:02:03.000004", "1700-01-01", "NaT"], "datetime64[us]"),
        _zoned("Europe/Warsaw"),
        _zoned("UTC"),
        _zoned(dt.timezone(dt.timedelta(hours=-2, minutes=-30))),
    ],
)
def test_a_frame_comes_back_with_its_types(values):
    frame = pd.DataFrame({"x": values})
    assert_frame_equal(_through(frame), frame, check_dtype=True)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1], "int8"), "int32"),
        (np.array([1], "uint16"), "int32"),
        (np.array([1], "uint32"), "int64"),
        (np.array([1], "uint64"), "int64"),
        (np.array([1], "float32"), "float64"),
        (pd.Categorical([1]), "int64"),
        (pd.array(["a"], dtype="string"), "string"),
        (pd.array([1.5], dtype="Float64"), "float64"),
        (pd.Series([None], dtype=object), "string"),
        (pd.arrays.SparseArray([0, 5]), "int64"),
        (pd.arrays.SparseArray(np.array([0, 5], "uint8")), "int32"),
        (pd.Series([1, None], dtype="int64[pyarrow]"), "int64"),
    ],
)
def test_other_types_become_the_nearest_that_holds_them(values, kind):
    assert FrameTable(pd.DataFrame({"x": values})).fields[0].type == kind


def test_moments_that_pyarrow_keeps():
    def of(values, kind):
        return pd.Series(values, dtype=pd.ArrowDtype(kind))

    noon = pd.Timestamp("2020-01-01 12:00")
    table = FrameTable(
        pd.DataFrame(
            {
                "plain": of([noon, None], pa.timestamp("ns")),
                "zoned": of([noon.tz_localize("Europe/Warsaw"), None], pa.timestamp("us", "Europe/Warsaw")),
                "day": of([noon.date(), None], pa.date32()),
            }
        )
    )
    assert [(field.type, field.zone) for field in table.fields] == [
        ("timestamp", None), ("timestamp", "Europe/Warsaw"), ("date", None),
    ]  # fmt: skip
    assert table.columns(0, 2) == [
        ["2020-01-01T12:00:00.000000", None], ["2020-01-01T11:00:00.000000Z", None], ["2020-01-01", None],
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["int64", "Int64", "bool"])
def test_whole_numbers_do_not_depend_on_the_width_of_this_machine(monkeypatch, kind):
    """numpy before 2 takes `int` for 32 bits on Windows: no number is converted to anything but what is named."""
    asked = []
    convert = pd.Series.to_numpy
    monkeypatch.setattr(pd.Series, "to_numpy", lambda *a, **k: asked.append(k.get("dtype")) or convert(*a, **k))
    FrameTable(pd.DataFrame({"x": pd.array([1, 0], dtype=kind)}))
    assert int not in [each for each in asked if isinstance(each, type)]


def test_missing_is_na_and_infinity_has_a_name():
    table = FrameTable(pd.DataFrame({"x": [np.nan, -np.inf], "y": ["a", np.nan]}))
    assert table.columns(0, 2) == [[None, "-Infinity"], ["a", None]]


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ([1, "a"], 1),
        (pd.Series([pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01T00:00:00.000000001")]), 1),
        (np.array([1, 2**63], "uint64"), 1),
        ([[1], [2]], 0),
        ([1j, 2j], 0),
        (pd.to_timedelta([1, 2]), 0),
    ],
)
def test_what_cannot_be_sent_is_named(values, row):
    with pytest.raises(InvalidInput) as caught:
        FrameTable(pd.DataFrame({"x": values}))
    assert caught.value.problems[0]["row"] == row


def test_several_column_levels_and_double_names_are_refused():
    with pytest.raises(InvalidInput, match="levels"):
        FrameTable(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])))
    with pytest.raises(InvalidInput, match="2 times"):
        FrameTable(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_large_frames_are_written_in_pieces_without_a_seam(monkeypatch):
    monkeypatch.setattr("weles.tables._CHUNK_ROWS", 7)
    frame = pd.DataFrame({"i": range(20), "s": [f"t{i}" for i in range(20)]})
    assert_frame_equal(_through(frame), frame)


def test_an_empty_frame_keeps_its_columns():
    back = _through(pd.DataFrame({"i": np.array([], "int64"), "t": np.array([], "datetime64[us]")}))
    assert [str(dtype) for dtype in back.dtypes] == ["int64", "datetime64[us]"]


def test_without_pandas_nothing_is_a_frame(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert not frames.available()
    assert not frames.is_frame([])
