"""Tables survive the Open Inference Protocol in every form that it has; anything else is refused, never half read."""

import json
import struct
from array import array
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from table_strategies import columns, tables

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.schema import ColumnType
from registry.tables import open_inference, tensors
from registry.tables.table import Table

# A float without a value is NaN for those who do not know of `nulls`; with it, it is null again.
NUMBERS = (ColumnType.INT32, ColumnType.INT64, ColumnType.FLOAT64)


def request(given_tensors):
    return open_inference.write({}, given_tensors, key="inputs")


@given(tables(), st.data())
def test_a_table_comes_back_column_by_column_in_json_and_in_binary(table, data):
    sent = [tensors.of_column(column, binary=data.draw(st.booleans())) for column in table.columns]
    body, header = request(data.draw(st.permutations(sent)))
    read = open_inference.read(body, header)
    assert open_inference.table(read, table.schema) == table


@given(tables(), st.data())
def test_flat_and_nested_data_are_the_same(table, data):
    document = json.loads(request([tensors.of_column(column) for column in table.columns])[0])
    for each in document["inputs"]:
        if data.draw(st.booleans()):
            each["shape"], each["data"] = [*each["shape"], 1], [[value] for value in each["data"]]
    read = open_inference.read(json.dumps(document).encode())
    assert open_inference.table(read, table.schema) == table


@given(st.integers(0, 5), st.integers(1, 4), st.booleans(), st.data())
def test_one_tensor_of_all_numbers_is_every_column(rows, width, binary, data):
    drawn = [data.draw(columns(rows, (ColumnType.FLOAT64,))) for _ in range(width)]
    named = [
        type(column).from_values(
            type(column.field)(f"x{index}", ColumnType.FLOAT64), [value or 0.5 for value in column.to_values()]
        )
        for index, column in enumerate(drawn)
    ]
    table = Table.of(named)
    numbers = array("d", bytes(8 * rows * width))
    for index, column in enumerate(named):
        numbers[index::width] = array("d", column.to_values())
    if binary:
        tensor = tensors.Tensor("all", "FP64", (rows, width), memoryview(numbers).cast("B"))
        body, header = request([tensor])
    else:
        flat = [value if value == value and abs(value) < float("inf") else None for value in numbers]
        nested = [flat[row * width : (row + 1) * width] for row in range(rows)]
        chosen = data.draw(st.sampled_from([flat, nested])) if rows else []
        body, header = (
            json.dumps(
                {"inputs": [{"name": "all", "datatype": "FP64", "shape": [rows, width], "data": chosen}]}
            ).encode(),
            None,
        )
        table = Table.of(
            type(column).from_values(column.field, flat[index::width]) for index, column in enumerate(named)
        )
    assert open_inference.table(open_inference.read(body, header), table.schema) == table


@given(tables(), st.data())
def test_a_request_with_any_byte_changed_is_a_table_or_refused(table, data):
    body, header = request([tensors.of_column(column, binary=data.draw(st.booleans())) for column in table.columns])
    raw = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InvalidInput, InvalidRequest):
        back = open_inference.table(open_inference.read(bytes(raw), header), table.schema)
        assert {len(each) for each in back.to_values().values()} <= {back.rows}


@given(st.binary(max_size=80) | st.sampled_from([b"[" * 100_000, b'{"inputs":' * 50_000]), st.none() | st.integers())
def test_any_bytes_are_a_request_or_refused(body, header):
    with suppress(InvalidInput, InvalidRequest):
        open_inference.read(body, header)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
INPUTS = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b"]) | JSON_VALUES, "shape": st.lists(st.integers(0, 3), max_size=3) | JSON_VALUES},
    optional={
        "datatype": st.sampled_from(tensors.DATATYPES) | JSON_VALUES,
        "data": st.lists(JSON_VALUES, max_size=3),
        "parameters": st.dictionaries(
            st.sampled_from(["type", "levels", "nulls", "binary_data_size"]), JSON_VALUES | st.just("categorical")
        ),
    },
)


@given(tables(max_columns=2), st.lists(INPUTS, max_size=2))
def test_any_inputs_are_a_table_or_refused(table, inputs):
    names = dict(zip(["a", "b"], table.schema.names, strict=False))
    for each in inputs:
        if isinstance(each["name"], str):
            each["name"] = names.get(each["name"], each["name"])
    with suppress(InvalidInput, InvalidRequest):
        read = open_inference.read(json.dumps({"inputs": inputs}).encode())
        back = open_inference.table(read, table.schema)
        assert back.schema == table.schema


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5), st.sampled_from(["INT8", "INT16", "INT32", "FP32"]))
def test_narrow_numbers_keep_their_values(numbers, datatype):
    """What a client packed into a narrow datatype comes out as that number, in columns of any wider type."""
    code = {"INT8": "b", "INT16": "h", "INT32": "i", "FP32": "f"}[datatype]
    bits = 8 * struct.calcsize(code)
    sent = [
        number % 100 if datatype == "FP32" else (number + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
        for number in numbers
    ]
    tensor = tensors.Tensor("x", datatype, (len(sent),), memoryview(struct.pack(f"<{len(sent)}{code}", *sent)))
    body, header = request([tensor])
    for kind in NUMBERS:
        field = tensors.Field("x", kind)
        schema = Table.of([tensors.Column.from_values(field, [])]).schema
        assert open_inference.table(open_inference.read(body, header), schema).to_values() == {"x": sent}
