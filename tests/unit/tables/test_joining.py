"""Tables below one another, and rows out of one."""

import pytest

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import Schema
from registry.tables.joining import common, concatenated, conformed, taken
from registry.tables.table import Table


def _table(kind: str, values: list[object], **more: object) -> Table:
    return Table.from_values(Schema.from_json([{"name": "x", "type": kind, **more}]), {"x": values})


def test_rows_follow_one_another() -> None:
    joined = concatenated([_table("string", ["a", None]), _table("string", []), _table("string", ["b"])])
    assert joined == _table("string", ["a", None, "b"])


def test_numbers_widen_and_levels_are_united() -> None:
    joined = concatenated([_table("int32", [1, None]), _table("int64", [2**40]), _table("float64", [0.5])])
    assert joined == _table("float64", [1.0, None, float(2**40), 0.5])
    one, other = _table("categorical", ["a"], levels=["a"]), _table("categorical", ["b"], levels=["b", "a"])
    assert concatenated([one, other]) == _table("categorical", ["a", "b"], levels=["a", "b"])


def test_what_has_nothing_in_common_is_refused() -> None:
    with pytest.raises(InvalidInput, match="string and bool"):
        concatenated([_table("string", ["a"]), _table("bool", [True])])
    other = Table.from_values(Schema.from_json([{"name": "y", "type": "bool"}]), {"y": [True]})
    with pytest.raises(InvalidInput, match="columns"):
        common(_table("bool", [True]).schema, other.schema)


def test_a_table_in_its_own_schema_is_itself() -> None:
    table = _table("int64", [1])
    assert conformed(table, table.schema) is table


def test_rows_are_taken_in_the_order_asked_for() -> None:
    table = _table("categorical", ["a", None, "b", "a"], levels=["a", "b", "c"])
    assert taken(table, [2, 1, 2]) == _table("categorical", ["b", None, "b"], levels=["a", "b", "c"])
