import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.domain.errors.invalid import InvalidInput, TooLarge
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables import arrow_format
from registry.tables.checks import check_column


def test_arrows_own_types_find_their_place():
    arrow = pa.table(
        {
            "i8": pa.array([1, None], pa.int8()),
            "u16": pa.array([1, 2], pa.uint16()),
            "u32": pa.array([2**32 - 1, 2], pa.uint32()),
            "f32": pa.array([0.5, None], pa.float32()),
            "dec": pa.array([Decimal("1.25"), None]),
            "large": pa.array(["x", None], pa.large_string()),
            "cat": pa.array(["b", None]).dictionary_encode(),
            "d64": pa.array([date(2020, 1, 1), None], pa.date64()),
            "ts": pa.array([datetime(2020, 1, 1), None], pa.timestamp("s")),
            "tz": pa.array([datetime(2020, 1, 1, tzinfo=UTC), None], pa.timestamp("ms", tz="Europe/Warsaw")),
            "null": pa.nulls(2),
        }
    )
    table = arrow_format.from_arrow(arrow)
    kinds = [str(field.type) for field in table.schema.fields]
    assert " ".join(kinds) == ("int32 int32 int64 float64 float64 string categorical date timestamp timestamp string")
    assert table.schema.field("tz").zone == "Europe/Warsaw"
    assert table.schema.field("cat").levels == ("b",)
    for column in table.columns:
        check_column(column, 2)
    assert {name: values[0] for name, values in table.to_values().items()} == {
        "i8": 1, "u16": 1, "u32": 2**32 - 1, "f32": 0.5, "dec": 1.25, "large": "x", "cat": "b", "d64": date(2020, 1, 1),
        "ts": datetime(2020, 1, 1), "tz": datetime(2020, 1, 1, tzinfo=UTC), "null": None,
    }  # fmt: skip


def test_parquet_of_pandas_without_its_row_names():
    frame = pd.DataFrame({"a": [1, 2], "c": pd.Categorical(["y", "x"], ["x", "y"], ordered=True)}, index=[5, 7])
    file = io.BytesIO()
    frame.to_parquet(file)
    table = arrow_format.from_parquet(file)
    assert table.schema.names == ("a", "c")
    assert table.schema.field("c") == Field("c", ColumnType.CATEGORICAL, ("x", "y"), ordered=True)
    assert table.to_values()["c"] == ["y", "x"]


def test_the_first_rows_alone():
    file = io.BytesIO()
    pq.write_table(pa.table({"a": range(100_000)}), file, row_group_size=1000)
    assert arrow_format.from_parquet(file, 3).to_values() == {"a": [0, 1, 2]}
    assert arrow_format.from_parquet(file, 0).rows == 0
    assert arrow_format.from_parquet(file).rows == 100_000


@pytest.mark.parametrize(
    ("field", "array", "row"),
    [
        (Field("a", ColumnType.INT32), pa.array([1, 2**31]), 1),
        (Field("a", ColumnType.INT64), pa.array([1.0, 1.5]), 1),
        (Field("a", ColumnType.INT64), pa.array([True]), None),
        (Field("a", ColumnType.FLOAT64), pa.array(["1"]), None),
        (Field("a", ColumnType.CATEGORICAL, ("x",)), pa.array(["x", None, "y"]), 2),
        (Field("a", ColumnType.CATEGORICAL, ("x",)), pa.array(["x", None, "y"]).dictionary_encode(), 2),
        (Field("a", ColumnType.STRING, nullable=False), pa.array(["x", None]), 1),
        (Field("a", ColumnType.TIMESTAMP), pa.array([datetime(2020, 1, 1, tzinfo=UTC)]), None),
        (Field("a", ColumnType.TIMESTAMP), pa.array([1000, 1001], pa.timestamp("ns")), 1),
        (Field("a", ColumnType.DATE), pa.array([10**7], pa.date32()), None),
    ],
)
def test_an_array_that_does_not_fit_names_the_column(field, array, row):
    with pytest.raises(InvalidInput) as caught:
        arrow_format.from_arrow(pa.table({"a": array}), Schema((field,)))
    (problem,) = caught.value.fields["problems"]
    assert (problem["column"], problem["row"]) == ("a", row)


def test_levels_are_those_of_the_schema_whatever_their_order_in_the_data():
    field = Field("a", ColumnType.CATEGORICAL, ("x", "y", "z"))
    arrow = pa.table(
        {"a": pa.chunked_array([pa.array(["z", "x"]).dictionary_encode(), pa.array(["y"]).dictionary_encode()])}
    )
    assert arrow_format.from_arrow(arrow, Schema((field,))).to_values() == {"a": ["z", "x", "y"]}


def test_types_without_a_place_are_named():
    with pytest.raises(InvalidInput, match="'a' has the Arrow type list"):
        arrow_format.from_arrow(pa.table({"a": [[1]]}))


def test_two_columns_of_one_name():
    with pytest.raises(InvalidInput, match="one name"):
        arrow_format.from_arrow(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))


def test_a_small_file_that_unfolds_is_stopped_at_the_limit():
    file = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array(["x" * 10_000] * 100_000)}), file, compression="zstd")
    assert file.tell() < 1_000_000
    with pytest.raises(TooLarge):
        arrow_format.from_parquet(file, max_bytes=50_000_000)


@pytest.mark.parametrize("read", [arrow_format.from_parquet, arrow_format.from_stream])
@pytest.mark.parametrize("body", [b"", b"PAR1", b"\xff" * 100, b"PAR1" + b"\0" * 50 + b"PAR1"], ids=len)
def test_other_bytes_are_invalid_input(read, body):
    with pytest.raises(InvalidInput, match="The body is not"):
        read(arrow_format.source(body))


def test_metadata_that_are_no_schema():
    arrow = pa.table({"a": [1]}).replace_schema_metadata({"weles.schema": "{"})
    with pytest.raises(InvalidInput, match="metadata"):
        arrow_format.from_arrow(arrow)


def test_numbers_and_text_are_shared_not_copied():
    arrow = pa.table({"a": pa.array([1.5, 2.5]), "s": pa.array(["x", "y"])})
    table = arrow_format.from_arrow(arrow)
    for column in table.columns:
        back = arrow_format.to_arrow(table).column(column.field.name).chunk(0)
        assert back.buffers()[-1].address == arrow.column(column.field.name).chunk(0).buffers()[-1].address
