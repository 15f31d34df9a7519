"""Every type comes back from every format as it went in: value for value, bit for bit."""

import io
import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_strategies import fields, tables, values

from registry.domain.errors.invalid import InvalidInput
from registry.tables import arrow_format, csv_format, frame, json_format
from registry.tables.checks import check_column
from registry.tables.content_hash import content_hash
from registry.tables.frame import BadFrame
from registry.tables.table import Column, Table


def through_frame(table):
    raw = b"".join(frame.encode({"op": "predict"}, table))
    header_bytes, body_bytes = frame.read_prefix(raw[: frame.PREFIX.size])
    start = frame.PREFIX.size
    assert len(raw) == start + header_bytes + body_bytes
    header, back = frame.decode(raw[start : start + header_bytes], raw[start + header_bytes :])
    assert header == {"op": "predict"}
    return back


def through_parquet(table):
    file = io.BytesIO()
    arrow_format.to_parquet(table, file)
    file.seek(0)
    return arrow_format.from_parquet(file)


@given(tables())
def test_python_values(table):
    assert Table.from_values(table.schema, table.to_values()) == table


@given(tables())
def test_every_buffer_has_the_layout_that_checks_ask_for(table):
    for column in table.columns:
        check_column(column, table.rows)


@given(tables())
def test_frame(table):
    assert through_frame(table) == table


@given(tables(), st.sampled_from(["split", "records"]))
def test_json_with_schema(table, orient):
    assert json_format.read(json_format.write(table, orient), table.schema) == table


@given(tables())
def test_typed_split_json_needs_no_schema(table):
    assert json_format.read(json_format.write(table)) == table


@given(tables())
def test_csv_with_schema(table):
    assert csv_format.read(csv_format.write(table), table.schema) == table


@given(tables())
def test_arrow(table):
    assert arrow_format.from_arrow(arrow_format.to_arrow(table)) == table
    assert arrow_format.from_arrow(arrow_format.to_arrow(table), table.schema) == table


@given(tables())
def test_arrow_stream(table):
    assert arrow_format.from_stream(arrow_format.to_stream(table)) == table


@given(tables())
def test_parquet_keeps_levels_order_and_zone(table):
    assert through_parquet(table) == table


@given(tables(), st.integers(0, 7), st.integers(0, 7))
def test_slices_are_the_rows_between(table, start, stop):
    part = table.slice(start, stop)
    assert part == Table.from_values(table.schema, {name: each[start:stop] for name, each in table.to_values().items()})
    assert through_frame(part) == part
    assert arrow_format.from_arrow(arrow_format.to_arrow(table).slice(start, max(0, stop - start))) == part


@given(tables())
def test_the_hash_is_of_the_content_not_of_the_way_it_came(table):
    expected = content_hash(table)
    assert content_hash(through_frame(table)) == expected
    assert content_hash(through_parquet(table)) == expected
    assert content_hash(csv_format.read(csv_format.write(table), table.schema)) == expected


@given(tables(min_rows=1), st.data())
def test_another_value_is_another_hash(table, data):
    column = data.draw(st.sampled_from(table.columns))
    row = data.draw(st.integers(0, table.rows - 1))
    old = column.to_values()
    new = [*old]
    new[row] = data.draw(values(column.field))
    other = Column.from_values(column.field, new)
    changed = Table.of([other if each is column else each for each in table.columns])
    assert (content_hash(changed) == content_hash(table)) is (changed == table)


@given(tables(), st.data())
def test_a_frame_with_any_byte_changed_is_a_table_or_refused(table, data):
    """decode must not raise anything but BadFrame, and what it accepts must be readable."""
    raw = bytearray(b"".join(frame.encode({}, table)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(len(raw) // 2, len(raw))) :]
    try:
        start = frame.PREFIX.size
        header_bytes, _ = frame.read_prefix(raw[:start]) if len(raw) >= start else (0, 0)
        _, back = frame.decode(raw[start : start + header_bytes], raw[start + header_bytes :])
    except BadFrame:
        return
    if back is not None:
        assert {len(each) for each in back.to_values().values()} <= {back.rows}
        json_format.write(back)


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"[" + b"9" * 5000 + b"]"]))
def test_any_bytes_as_json_are_a_table_or_invalid_input(body):
    with suppress(InvalidInput):
        table = json_format.read(body)
        assert json_format.read(json_format.write(table)) == table


@given(st.binary(max_size=60) | st.text(alphabet='a,"\n\r01.-', max_size=30).map(str.encode))
def test_any_bytes_as_csv_are_a_table_or_invalid_input(body):
    with suppress(InvalidInput):
        table = csv_format.read(body)
        assert csv_format.read(csv_format.write(table), table.schema) == table


@given(fields(), st.data())
def test_values_of_another_type_are_refused_with_column_and_row(field, data):
    wrong = data.draw(st.sampled_from([b"x", object(), [1], 2**70, "\ud800"]))
    if wrong == 2**70 and field.type == "float64":
        return
    good = data.draw(st.lists(values(field), max_size=3))
    with pytest.raises(InvalidInput) as caught:
        Column.from_values(field, [*good, wrong])
    assert caught.value.fields["problems"][0]["row"] == len(good)
    assert caught.value.fields["problems"][0]["column"] == field.name


def test_shuffled_columns_of_a_request_come_in_schema_order():
    names = [f"c{index}" for index in range(20)]
    record = {name: index for index, name in enumerate(names)}
    schema = json_format.from_document([record]).schema
    shuffled = names[:]
    random.Random(1).shuffle(shuffled)
    table = json_format.from_document({"columns": shuffled, "data": [[record[name] for name in shuffled]]}, schema)
    assert {name: [value] for name, value in record.items()} == table.to_values()
    assert table.schema == schema
