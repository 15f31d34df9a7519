import json
import struct
from array import array

import pytest

from registry.domain.schema import ColumnType, Field
from registry.tables import frame
from registry.tables.frame import BadFrame, FrameLimits
from registry.tables.table import Column, Table


def column(body, buffers, rows=2, **field):
    header = {"table": {"rows": rows, "columns": [{"name": "a", **field, "buffers": buffers}]}}
    return frame.decode(json.dumps(header).encode(), body)[1]


def test_the_bytes_on_the_wire():
    """Pinned: other languages are written against these bytes."""
    fields = [Field("n", ColumnType.INT32), Field("s", ColumnType.STRING)]
    table = Table.of([Column.from_values(fields[0], [1, None]), Column.from_values(fields[1], ["é", ""])])
    header = (
        b'{"op":"predict","table":{"rows":2,"columns":['
        b'{"name":"n","type":"int32","buffers":[8,2]},{"name":"s","type":"string","buffers":[12,2]}]}}'
    )
    body = (
        struct.pack("<ii", 1, 0)
        + b"\1\0"
        + bytes(6)
        + struct.pack("<iii", 0, 2, 2)
        + bytes(4)
        + "é".encode()
        + bytes(6)
    )
    assert (
        b"".join(frame.encode({"op": "predict"}, table)) == struct.pack("<IQ", len(header), len(body)) + header + body
    )


def test_large_columns_are_not_copied_either_way():
    data = array("d", [0.5]) * 1000
    parts = frame.encode({}, Table.of([Column(Field("a", ColumnType.FLOAT64), data)]))
    assert parts[1].obj is data
    body = bytes(data)
    assert column(body, [8000], rows=1000, type="float64").columns[0].data.obj is body


@pytest.mark.parametrize(
    ("body", "buffers", "field", "says"),
    [
        (bytes(16), [15], {"type": "int64"}, "15 bytes for 2 rows"),
        (bytes(16), [24], {"type": "int64"}, "a buffer of 24 bytes in a body of 16"),
        (bytes(16), [-8], {"type": "int64"}, "a buffer of -8 bytes"),
        (bytes(16), [2**70], {"type": "int64"}, "a buffer of"),
        (bytes(16), [16.0], {"type": "int64"}, "a buffer of 16.0"),
        (bytes(16), [True], {"type": "int64"}, "a buffer of True"),
        (bytes(24), [16], {"type": "int64"}, "the body has 24 bytes, its buffers 16"),
        (bytes(10), [8, 2], {"type": "int32"}, "the body has 10 bytes"),
        (bytes(16), [16, 0], {"type": "int64"}, "0 flags for 2 rows"),
        (bytes(16) + b"\1\2" + bytes(6), [16, 2], {"type": "int64"}, "neither 0 nor 1"),
        (b"\2\0" + bytes(6), [2], {"type": "bool"}, "neither 0 nor 1"),
        (struct.pack("<ii", 0, 1), [8], {"type": "categorical", "levels": ["x"]}, "a code outside its 1 levels"),
        (struct.pack("<ii", 0, -2), [8], {"type": "categorical", "levels": ["x"]}, "a code outside"),
        (struct.pack("<ii", 0, -1), [8], {"type": "categorical", "levels": ["x"]}, "disagree about what is null"),
        (struct.pack("<ii", 0, 2**31 - 1), [8], {"type": "date"}, "outside the years"),
        (struct.pack("<qq", 0, -(2**63)), [16], {"type": "timestamp"}, "outside the years"),
        (struct.pack("<iiii", 0, 1, 2, 0) + b"ab" + bytes(6), [16, 2], {"type": "string"}, "needs 3 offsets"),
        (struct.pack("<iiii", 0, 2, 1, 0) + b"a" + bytes(7), [12, 1], {"type": "string"}, "do not rise"),
        (struct.pack("<iiii", 0, 1, 3, 0) + b"ab" + bytes(6), [12, 2], {"type": "string"}, "do not rise"),
        (struct.pack("<iiii", -1, 1, 2, 0) + b"ab" + bytes(6), [12, 2], {"type": "string"}, "do not rise"),
        (struct.pack("<iiii", 0, 1, 2, 0) + b"a\xff" + bytes(6), [12, 2], {"type": "string"}, "not UTF-8"),
        (struct.pack("<iiii", 0, 1, 2, 0) + "é".encode() + bytes(6), [12, 2], {"type": "string"}, "inside a character"),
        (bytes(16), [12], {"type": "string"}, "a list of 2 or 3 lengths"),
        (bytes(16), 16, {"type": "int64"}, "a list of 1 or 2 lengths"),
        (bytes(16), [16], {"type": "int128"}, "there are bool"),
    ],
)
def test_a_table_that_lies_is_refused(body, buffers, field, says):
    with pytest.raises(BadFrame, match=says):
        column(body, buffers, **field)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (b"\xff", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":NaN}', "not JSON"),
        (b'{"table":3}', '"table" is not an object'),
        (b'{"table":{"rows":-1,"columns":[]}}', "not a number of rows"),
        (b'{"table":{"rows":9999999999,"columns":[]}}', "not a number of rows"),
        (b'{"table":{"rows":true,"columns":[]}}', "not a number of rows"),
        (b'{"table":{"rows":0,"columns":[3]}}', "a column is not an object"),
        (b'{"table":{"rows":0,"columns":[' + b"{}," * 10_000 + b"{}]}}", "at most 10000"),
    ],
)
def test_a_header_that_is_none_is_refused(header, says):
    with pytest.raises(BadFrame, match=says):
        frame.decode(header, b"")


def test_a_body_without_a_table_is_refused():
    with pytest.raises(BadFrame, match="without a table"):
        frame.decode(b"{}", b"x")


def test_a_frame_over_the_limit_is_refused_before_it_is_read():
    limits = FrameLimits(header_bytes=10, body_bytes=100)
    assert frame.read_prefix(struct.pack("<IQ", 10, 100), limits) == (10, 100)
    for announced in ((11, 0), (0, 101), (0, 2**64 - 1)):
        with pytest.raises(BadFrame, match="over the limit"):
            frame.read_prefix(struct.pack("<IQ", *announced), limits)
