import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weles.columns import Field, decode, infer, plain_values, zone_info, zone_name
from weles.errors import InvalidInput

BERLIN = zone_info("Europe/Berlin")


def _nullable(values):
    return st.lists(st.none() | values, min_size=1, max_size=20)


@given(
    st.one_of(
        _nullable(st.booleans()),
        _nullable(st.integers(-(2**63), 2**63 - 1)),
        _nullable(st.floats(allow_nan=False)),
        _nullable(st.text()),
        _nullable(st.dates()),
        _nullable(st.datetimes()),
        _nullable(
            st.datetimes(min_value=dt.datetime(2, 1, 1), max_value=dt.datetime(9990, 1, 1)).map(
                lambda moment: moment.replace(tzinfo=dt.UTC)
            )
        ),
    )
)
def test_every_type_comes_back_as_it_went(values):
    field, written = infer("x", values)
    back = decode(Field.from_json(field.to_json()), written)
    assert back == values
    assert [type(value) for value in back] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("values", "kind", "written"),
    [
        ([True, None], "bool", [True, None]),
        ([2**62 + 1, None], "int64", [2**62 + 1, None]),
        ([1, 2.5], "float64", [1.0, 2.5]),
        ([math.nan, math.inf, -math.inf, None], "float64", ["NaN", "Infinity", "-Infinity", None]),
        (["001", ""], "string", ["001", ""]),
        ([None, None], "string", [None, None]),
        ([dt.date(2020, 1, 2)], "date", ["2020-01-02"]),
        ([dt.datetime(2020, 1, 2, 3, 4, 5, 6)], "timestamp", ["2020-01-02T03:04:05.000006"]),
        ([np.int8(3), np.int64(4)], "int64", [3, 4]),
        ([np.bool_(True)], "bool", [True]),
        ([np.float32(0.5)], "float64", [0.5]),
        ([np.str_("a")], "string", ["a"]),
        (
            [np.datetime64("2020-01-02T03:04:05.000000006", "ns").astype("datetime64[us]")],
            "timestamp",
            ["2020-01-02T03:04:05"],
        ),
    ],
)
def test_types_are_read_off_the_values(values, kind, written):
    field, found = infer("x", values)
    assert (field.type, found) == (kind, written)


def test_a_zone_is_kept_and_the_instant_is_written_in_utc():
    field, written = infer("x", [dt.datetime(2020, 7, 1, 12, tzinfo=BERLIN), None])
    assert (field.zone, written) == ("Europe/Berlin", ["2020-07-01T10:00:00Z", None])
    assert decode(field, written)[0].isoformat() == "2020-07-01T12:00:00+02:00"


def test_unlike_zones_become_utc():
    offset = dt.timezone(dt.timedelta(hours=-2, minutes=-30))
    field, _ = infer("x", [dt.datetime(2020, 7, 1, tzinfo=BERLIN), dt.datetime(2020, 7, 1, tzinfo=offset)])
    assert field.zone == "UTC"


@pytest.mark.parametrize("name", ["+02:00", "-02:30", "Europe/Warsaw"])
def test_zone_names_come_back(name):
    assert zone_name(zone_info(name)) == name


@pytest.mark.parametrize("text", ["2020-01-02T03:04:05Z", "2020-01-02T03:04:05.1Z", "2020-01-02T04:04:05.123456+01:00"])
def test_all_spellings_of_a_timestamp_are_read(text):
    read = decode(Field("x", "timestamp", zone="UTC"), [text])[0]
    assert read.replace(microsecond=0) == dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ([1, "a"], 1),
        ([None, True, 1], 2),
        ([1.5, True], 1),
        ([b"bytes"], 0),
        ([1, 2**63], 1),
        ([0.5, 2**53 + 1], 1),
        ([dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)], 1),
        ([dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=BERLIN)], 1),
        (["a", [1]], 1),
    ],
)
def test_what_no_type_holds_is_refused_by_column_and_row(values, row):
    with pytest.raises(InvalidInput) as caught:
        infer("age", values)
    assert caught.value.problems[0]["column"] == "age"
    assert caught.value.problems[0]["row"] == row
    assert "'age'" in str(caught.value)
    assert "Next:" in str(caught.value)


def test_nanoseconds_of_an_array_do_not_become_bare_integers():
    assert plain_values(np.array(["2020-01-01"], "datetime64[ns]")) == [dt.datetime(2020, 1, 1)]
