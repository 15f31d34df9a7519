"""A table in parts is the table: the same types, rows and hash as when it is read at once, from every format."""

import io
import json
import tempfile
from contextlib import suppress
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_hash import content_hash as reference_hash
from table_strategies import awkward, tables

from registry.domain.errors.invalid import InvalidInput, TooLarge
from registry.domain.schema import ColumnType, Field
from registry.tables import arrow_format, arrow_streams, csv_format, csv_types, csv_values, formats, json_rows
from registry.tables import json_stream as json_streams
from registry.tables.content_hash import ContentHash, content_hash
from registry.tables.problems import Problems
from registry.tables.stream import TableStream


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Parts of few rows, so that small tables have several."""
    monkeypatch.setattr(csv_format, "_BLOCK_BYTES", 64)
    monkeypatch.setattr(csv_format, "_BLOCK_BYTES_PER_COLUMN", 0)
    monkeypatch.setattr(json_rows, "_BLOCK_BYTES", 7)
    monkeypatch.setattr(json_streams, "_PART_ROWS", 2)
    monkeypatch.setattr(arrow_streams, "_PART_ROWS", 2)


def hash_of(stream):
    whole = ContentHash(stream.schema)
    for part in stream.parts:
        assert part.schema == stream.schema
        whole.update(part)
    return whole.digest()


def file_of(body):
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(body)
    file.flush()
    return file


@given(tables(), st.lists(st.integers(0, 6), max_size=3))
def test_the_hash_in_parts_is_the_hash_at_once_and_the_one_of_old(table, cuts):
    whole = ContentHash(table.schema)
    places = [0, *sorted(cuts), table.rows]
    for start, stop in pairwise(places):
        whole.update(table.slice(start, stop))
    if max(places) == table.rows:
        assert whole.digest() == content_hash(table) == reference_hash(table)


@given(tables(), st.integers(1, 7))
def test_what_is_written_in_parts_is_what_is_written_at_once(table, rows_at_once):
    for kind, write in ((formats.JSON, formats.write), (formats.CSV, formats.write)):
        parts = formats.write_stream(kind, TableStream.of(table, rows_at_once))
        assert b"".join(parts) == write(kind, table)[1]


@given(tables(), st.integers(1, 7))
def test_arrow_and_parquet_in_parts(table, rows_at_once):
    body = b"".join(formats.write_stream(formats.ARROW, TableStream.of(table, rows_at_once)))
    with file_of(body) as file:
        assert hash_of(formats.stream(formats.ARROW, file)) == content_hash(table)
    assert hash_of(formats.stream(formats.ARROW, io.BytesIO(body))) == content_hash(table)
    with tempfile.TemporaryFile() as file:
        with arrow_streams.ParquetWriter(file, table.schema) as writer:
            for part in TableStream.of(table, rows_at_once).parts:
                writer.write(part)
        assert hash_of(formats.stream(formats.PARQUET, file)) == content_hash(table)
        assert hash_of(arrow_streams.stored(file)) == content_hash(table)
        for rows in range(1, table.rows + 1):
            assert arrow_format.from_parquet(file, rows) == table.slice(0, rows)


@given(tables())
def test_typed_json_in_parts(table):
    assert hash_of(formats.stream(formats.JSON, io.BytesIO(formats.write(formats.JSON, table)[1]))) == content_hash(
        table
    )


def at_once(body, kind):
    try:
        return content_hash(formats.read(kind, body))
    except InvalidInput:
        return None


def in_parts(body, kind):
    with suppress(InvalidInput), file_of(body) as file:
        return hash_of(formats.stream(kind, file))
    return None


numbers = ["1", "-2", "0", "007", "1.5", "1e3", "1e999", ".5", "5.", "9" * 19, "9" * 20, "9" * 400]
names = ["nan", "NaN", "inf", "-Infinity", "true", "FALSE", "", '""', "a", "x y"]
times = [
    "2020-02-29",
    "2021-02-29",
    "0000-01-01",
    "2020-01-01T00:00",
    "2020-01-01T00:00:00.5",
    "2020-01-01T00:00:00Z",
    "2020-01-01T00:00:00.123456000",
    "2020-01-01T00:00:00+02",
    "0001-01-01T00:00:00+02:00",
    "9999-12-31T23:59:59-01:00",
]
cells = st.sampled_from([*numbers, *names, *times]) | st.sampled_from(numbers) | st.sampled_from(times)


@given(st.lists(cells, min_size=1, max_size=12))
def test_csv_has_the_same_types_and_rows_in_parts(column):
    body = ("x,y\n" + "".join(f"{cell},b\n" for cell in column)).encode()
    assert in_parts(body, formats.CSV) == at_once(body, formats.CSV) is not None


@given(st.lists(cells, min_size=1, max_size=6), st.lists(cells, min_size=1, max_size=6))
def test_types_of_two_parts_are_those_of_both(one, other):
    column = csv_types.TextType("x")
    for part in (one, other):
        column.update(pa.array([cell or None for cell in part], pa.string()))
    field = csv_types.infer("x", pa.array([cell or None for cell in [*one, *other]], pa.string()))
    assert column.field() == field
    for part in (one, other):
        assert csv_values.column(field, pa.array([cell or None for cell in part], pa.string()), Problems()) is not None


@given(st.sampled_from(["int32", "int64", "float64", "date", "timestamp"]), st.lists(cells | awkward, max_size=6))
def test_what_arrow_reads_of_a_column_is_what_python_reads(kind, column):
    for zone in (None, "UTC", "Europe/Warsaw") if kind == "timestamp" else (None,):
        field = Field("x", ColumnType(kind), zone=zone)
        text = pa.array(column, pa.string())
        fast = csv_values.fast(field, text)
        if fast is not None:
            slow = csv_values.slow(field, text, Problems())
            assert slow is not None
            assert [str(value) for value in fast.to_values()] == [str(value) for value in slow.to_values()]


@given(st.binary(max_size=60) | st.text(alphabet='a,"\n\r01.-', max_size=60).map(str.encode))
def test_any_bytes_as_csv_in_parts(body):
    assert in_parts(body, formats.CSV) == at_once(body, formats.CSV)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
documents = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(documents, st.integers(0, 3))
def test_any_json_in_parts(document, cut):

    for body in (
        document,
        {"columns": ["a"], "data": document},
        {"data": document, "columns": ["a", "b"]},
        {"records": document},
    ):
        text = json.dumps(body).encode()
        text = text[: len(text) - cut]
        known = at_once(text, formats.JSON)
        if known is None or json_has_columns(text):
            assert in_parts(text, formats.JSON) == known


def json_has_columns(text):
    """A table without columns can be predicted for, but is no dataset."""
    return bool(formats.read(formats.JSON, text).schema.fields)


def test_categories_of_many_batches_are_all_levels():
    first = pa.record_batch({"k": pa.array(["b", "a", "b"]).dictionary_encode()})
    second = pa.record_batch({"k": pa.array(["c", None, "a"]).dictionary_encode()})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, first.schema) as writer:
        writer.write_batch(first)
        writer.write_batch(second)
    assert in_parts(sink.getvalue(), formats.ARROW) == at_once(sink.getvalue(), formats.ARROW)
    with file_of(sink.getvalue()) as file:
        assert formats.stream(formats.ARROW, file).schema.fields[0].levels == ("b", "a", "c")


def test_a_frame_of_pandas_as_it_writes_it():
    frame = pd.DataFrame({"k": pd.Categorical(["x", None, "y"], ["y", "z", "x"]), "n": [1, 2, 3]}, index=[5, 6, 7])
    sink = io.BytesIO()
    frame.to_parquet(sink)
    assert in_parts(sink.getvalue(), formats.PARQUET) == at_once(sink.getvalue(), formats.PARQUET) is not None
    pq.read_table(io.BytesIO(sink.getvalue()))


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_an_arrow_batch_that_unfolds_too_far_is_refused_before_it_does(compression, monkeypatch):
    table = pa.table({"x": [0.0] * 50_000, "k": pa.array(["a", "b"] * 25_000).dictionary_encode()})
    options = pa.ipc.IpcWriteOptions(compression=compression)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    with file_of(sink.getvalue()) as file:
        assert hash_of(formats.stream(formats.ARROW, file)) == content_hash(arrow_format.from_arrow(table))
    monkeypatch.setattr(arrow_streams, "_BATCH_BYTES", 400_000)
    with file_of(sink.getvalue()) as file:
        if compression is None:
            assert hash_of(formats.stream(formats.ARROW, file))
        else:
            with pytest.raises(TooLarge, match="400000"):
                formats.stream(formats.ARROW, file)


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_an_arrow_file_is_read_as_the_stream_in_it(compression):
    table = pa.table({"x": [1, 2, None], "k": pa.array(["a", "b", "a"]).dictionary_encode()})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    with file_of(sink.getvalue()) as file:
        assert hash_of(formats.stream(formats.ARROW, file)) == content_hash(arrow_format.from_arrow(table))


@given(st.data())
def test_an_arrow_stream_with_any_byte_changed_is_a_table_or_refused(data):
    table = pa.table({"x": [1, 2, None], "k": pa.array(["a", "b", "a"]).dictionary_encode()})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    body = bytearray(sink.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InvalidInput, TooLarge), file_of(bytes(body)) as file:
        hash_of(formats.stream(formats.ARROW, file))
