"""Two implementations of one framing, the lake's and the Python runtime's, read each other's bytes for every type."""

import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from table_strategies import tables

from registry.domain.schema import ColumnType
from registry.tables import frame
from registry.tables.table import Table

sys.path.insert(0, str(Path(__file__).parents[2] / "runtime-images" / "python" / "runtime"))

from weles_runtime import frames as runtime_frames
from weles_runtime import values as runtime_values


def to_runtime(table):
    raw = bytearray().join(frame.encode({"op": "predict"}, table))
    header_bytes, _ = runtime_frames.PREFIX.unpack_from(raw)
    view = memoryview(raw)[runtime_frames.PREFIX.size :]
    header, theirs = runtime_frames.decode(view[:header_bytes], view[header_bytes:])
    assert header == {"op": "predict"}
    return theirs


def to_lake(table):
    raw = b"".join(runtime_frames.encode({"ok": True}, table))
    header_bytes, body_bytes = frame.read_prefix(raw[: frame.PREFIX.size])
    body = raw[frame.PREFIX.size + header_bytes :]
    assert len(body) == body_bytes
    header, ours = frame.decode(raw[frame.PREFIX.size :][:header_bytes], body)
    assert header == {"ok": True}
    return ours


@given(tables())
def test_the_runtime_reads_what_the_lake_writes(table):
    theirs = to_runtime(table)
    columns = {column.field["name"]: runtime_values.to_values(column) for column in theirs.columns}
    assert Table.from_values(table.schema, columns) == table


@given(tables())
def test_the_lake_reads_what_the_runtime_writes(table):
    columns = [runtime_values.from_values(each.field.to_json(), each.to_values()) for each in table.columns]
    assert to_lake(runtime_frames.Table(table.rows, columns)) == table


@given(tables())
def test_there_and_back_without_values(table):
    assert to_lake(to_runtime(table)) == table


@given(tables(types=(ColumnType.INT64, ColumnType.STRING)), st.data())
def test_the_runtime_refuses_what_is_no_frame(table, data):
    raw = bytearray().join(frame.encode({}, table))
    header_bytes, _ = runtime_frames.PREFIX.unpack_from(raw)
    cut = data.draw(st.integers(0, 7))
    body = raw[runtime_frames.PREFIX.size + header_bytes : len(raw) - cut]
    header = raw[runtime_frames.PREFIX.size :][:header_bytes]
    header[data.draw(st.integers(0, header_bytes - 1))] = data.draw(st.integers(0, 255))
    try:
        runtime_frames.decode(header, body)
    except runtime_frames.FrameError as error:
        assert str(error)  # noqa: PT017 (either outcome is right; no other exception is)
