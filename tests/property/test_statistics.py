"""What is said of a column is what numpy and pandas say, however the rows come; exact unless it says otherwise."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_strategies import tables

from registry.domain.schema import ColumnType, Field
from registry.tables.statistics import SHARES, Description
from registry.tables.stream import TableStream
from registry.tables.table import Column, Table

NUMBERS = (ColumnType.INT32, ColumnType.INT64, ColumnType.FLOAT64)


def described(table, rows_at_once):
    description = Description(table.schema)
    for part in TableStream.of(table, rows_at_once).parts:
        description.update(part)
    description.second_pass(TableStream.of(table, rows_at_once).parts)
    return description


def column_of(kind, values):
    return Table.of([Column.from_values(Field("x", kind), values)])


def close(ours, theirs):
    return ours == theirs or math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, abs(theirs)))


@given(tables(), st.integers(1, 7))
def test_counts_of_every_type(table, rows_at_once):
    description = described(table, rows_at_once)
    values = table.to_values()
    for field, document in zip(table.schema.fields, description.columns(), strict=True):
        present = [value for value in values[field.name] if value is not None]
        nans = sum(value != value for value in present)
        assert document["missing"] == table.rows - len(present)
        assert document["unique"] == len({value for value in present if value == value}) + bool(nans)
        assert document["approximate"] == []
        if field.type in (ColumnType.BOOL, ColumnType.STRING, ColumnType.CATEGORICAL):
            counted = {each["value"]: each["rows"] for each in document["levels"] if each["rows"]}
            assert counted == pd.Series(present, dtype=object).value_counts().to_dict()
        if field.type is ColumnType.CATEGORICAL:
            assert [each["value"] for each in document["levels"]] == list(field.levels)
        if field.type is ColumnType.STRING:
            lengths = [len(value) for value in present]
            assert (document["shortest"], document["longest"]) == (
                min(lengths, default=None),
                max(lengths, default=None),
            )
    assert description.missing == sum(document["missing"] for document in description.columns())


@given(
    st.sampled_from(NUMBERS),
    st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=60),
    st.lists(st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e-300, 0.1]), max_size=6),
    st.integers(1, 20),
)
def test_numbers(kind, values, odd, rows_at_once):
    if kind is ColumnType.FLOAT64:
        values = [*(None if value is None else value / 7 for value in values), *odd]
    (document,) = described(column_of(kind, values), rows_at_once).columns()
    numbers = np.array([value for value in values if value is not None and math.isfinite(value)], dtype=float)
    assert document["not_finite"] == sum(value is not None and not math.isfinite(value) for value in values)
    if not len(numbers):
        assert (document["min"], document["mean"], document["histogram"], document["quantiles"]) == (
            None,
            None,
            None,
            {},
        )
        return
    assert (document["min"], document["max"]) == (numbers.min(), numbers.max())
    assert close(document["mean"], numbers.mean())
    assert document["deviation"] is None if len(numbers) < 2 else close(document["deviation"], numbers.std(ddof=1))
    for share in SHARES:
        assert close(document["quantiles"][f"{share:g}"], np.quantile(numbers, share))
    edges, counts = document["histogram"]["edges"], document["histogram"]["counts"]
    assert counts == np.histogram(numbers, bins=edges)[0].tolist() if edges[0] < edges[-1] else [len(numbers)]
    assert len(edges) == len(counts) + 1 <= 21


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30), st.integers(1, 7))
def test_no_number_breaks_the_document(values, rows_at_once):
    (document,) = described(column_of(ColumnType.FLOAT64, values), rows_at_once).columns()
    assert sum(document["histogram"]["counts"]) == len(values)
    told = [document["min"], document["max"], *document["histogram"]["edges"]]
    assert all(math.isfinite(each) for each in told)
    assert all(each is None or math.isfinite(each) for each in (document["mean"], document["deviation"]))
    assert all(each is None or math.isfinite(each) for each in document["quantiles"].values())


@given(tables(types=(ColumnType.DATE, ColumnType.TIMESTAMP), min_rows=1))
def test_times_are_told_as_text(table):
    values = table.to_values()
    for field, document in zip(table.schema.fields, described(table, 2).columns(), strict=True):
        present = [value for value in values[field.name] if value is not None]
        if not present:
            assert document["min"] is None
            continue
        read = pd.Timestamp.fromisoformat if field.type is ColumnType.TIMESTAMP else type(present[0]).fromisoformat
        assert read(document["min"]) == min(present)
        assert read(document["max"]) == max(present)
        assert sum(document["histogram"]["counts"]) == len(present)


@pytest.mark.parametrize("kind", [ColumnType.INT64, ColumnType.FLOAT64, ColumnType.STRING])
def test_what_is_approximate_says_so_and_is_near(kind, monkeypatch):
    rows = 300_000
    numbers = np.random.default_rng(7).permutation(rows)
    values = {ColumnType.INT64: numbers.tolist(), ColumnType.FLOAT64: (numbers / 3).tolist()}.get(
        kind, [f"t{number}" for number in numbers]
    )
    (document,) = described(column_of(kind, values), 40_000).columns()
    assert document["unique"] == pytest.approx(rows, rel=0.08)
    if kind is ColumnType.STRING:
        assert document["approximate"] == ["unique"]
        assert document["levels"] is None
        return
    assert document["approximate"] == ["unique", "quantiles"]
    for share in SHARES:
        assert document["quantiles"][f"{share:g}"] == pytest.approx(np.quantile(values, share), abs=0.03 * max(values))


def test_many_rows_of_few_values_stay_exact():
    values = np.random.default_rng(1).integers(0, 500, 300_000)
    (document,) = described(column_of(ColumnType.INT32, values.tolist()), 65_536).columns()
    assert document["approximate"] == []
    assert document["unique"] == 500
    assert [*document["quantiles"].values()] == [float(np.quantile(values, share)) for share in SHARES]
