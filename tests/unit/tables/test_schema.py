import pytest

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import MAX_COLUMNS, ColumnType, Field, Schema

DOCUMENT = [
    {"name": "a", "type": "int64"},
    {"name": "b", "type": "categorical", "levels": ["lo", "hi"], "ordered": True},
    {"name": "c", "type": "timestamp", "zone": "Europe/Warsaw", "nullable": False},
    {"name": "d", "type": "categorical", "levels": []},
]


def test_json_there_and_back():
    schema = Schema.from_json(DOCUMENT)
    assert schema.to_json() == DOCUMENT
    assert schema.field("b") == Field("b", ColumnType.CATEGORICAL, ("lo", "hi"), ordered=True)


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ({"name": "a"}, "has the type None"),
        ({"name": "a", "type": "float32"}, "'float32'; there are bool, int32"),
        ({"name": "", "type": "bool"}, "1 to 1024 characters"),
        ({"name": "\ud800", "type": "bool"}, "1 to 1024 characters"),
        ({"name": "a", "type": "categorical"}, "has no levels"),
        ({"name": "a", "type": "categorical", "levels": ["x", "x"]}, "not distinct"),
        ({"name": "a", "type": "categorical", "levels": ["x", 1]}, "not a list of texts"),
        ({"name": "a", "type": "string", "levels": ["x"]}, "Only a categorical column has levels"),
        ({"name": "a", "type": "date", "zone": "UTC"}, "Only a timestamp column has a zone"),
        ({"name": "a", "type": "timestamp", "zone": "../../etc/passwd"}, "not a time zone"),
        ({"name": "a", "type": "bool", "nullable": "no"}, "true or false"),
        ({"name": "a", "type": "bool", "colour": 1}, "unknown keys: colour"),
        ({"type": "bool"}, '"name" and "type"'),
        ("a", '"name" and "type"'),
    ],
)
def test_what_is_not_a_field_is_refused_and_says_why(field, says):
    with pytest.raises(InvalidInput, match=says):
        Schema.from_json([field])


def test_names_are_unique_and_columns_bounded():
    with pytest.raises(InvalidInput, match="Two columns have the name 'a'"):
        Schema((Field("a", ColumnType.BOOL), Field("a", ColumnType.BOOL)))
    with pytest.raises(InvalidInput, match="at most 10000 columns"):
        Schema(tuple(Field(str(number), ColumnType.BOOL) for number in range(MAX_COLUMNS + 1)))


def test_select_and_without():
    schema = Schema.from_json(DOCUMENT)
    assert schema.select(["c", "a"]).names == ("c", "a")
    assert schema.without("b").names == ("a", "c", "d")
    assert schema.without("target") == schema
    with pytest.raises(InvalidInput, match="no column 'z'"):
        schema.select(["z"])
